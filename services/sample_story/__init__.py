"""A year of a small company, told as records: the sample data's generator. Pure but for reading forms/samples."""
