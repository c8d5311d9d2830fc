"""The desk: pages for the staff. Who may do what stands in `domain.staffing`, and nowhere here."""
