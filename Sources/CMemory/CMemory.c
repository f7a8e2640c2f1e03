// All of it stands in the header.
