"""The rules that find personal data, by what it is: each kind in one function from a text to where it stands."""
