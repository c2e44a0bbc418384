"""A file becomes typed rows: readers, forms, headings, text, dates, identity numbers and places."""
