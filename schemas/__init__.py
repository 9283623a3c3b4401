"""What a record is: templates, field types, validation, rights. Imports nothing else of the portal."""
