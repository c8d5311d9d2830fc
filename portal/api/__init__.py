"""What programs call: JSON over HTTP, told in OpenAPI 3.1 by the same table that answers it."""
