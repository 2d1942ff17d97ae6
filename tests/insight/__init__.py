"""What the record can tell, held against histories made by hand."""
