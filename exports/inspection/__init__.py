"""The audit export: one signed package that an official can check alone and offline (pdpa-rules 5.4)."""
