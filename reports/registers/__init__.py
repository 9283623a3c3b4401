"""Registers: the standing lists and statistics of the company's forms (R01-R06, R12-R18).

Each is a function of a `Request`; its columns are in its docstring. Money in lines is Decimal yuan.
"""
