"""Judges identifiers with python-stdnum and phonenumbers: a line `KIND VALUE` in, a line `1` or `0` out.

`regions` lists every county code that ever was, on one line.
"""

import sys

import phonenumbers
from stdnum import exceptions, luhn, numdb
from stdnum.cn import ric, uscc

# Numbers built like a citizen's that stdnum does not know: residence permits, and permanent residence cards with
# a mainland province behind the 9.
PERMITS = ("81", "82", "83")


def county_codes():
    def walk(prefixes, front):
        for length, low, high, _props, below in prefixes:
            for code in range(int(low), int(high) + 1):
                yield from walk(below, front + str(code).zfill(length)) if below else [front + str(code).zfill(length)]

    return [code for code in walk(numdb.get("cn/loc").prefixes, "") if len(code) == 6]


def province_known(number):
    return any("province" in props for _, props in numdb.get("cn/loc").info(number[:6]))


def citizen(number):
    # Of ric.validate all but the county: a county's years are those of the code, not of the birth, and the
    # standard's own example fails them.
    if len(number) != 18 or not number[:17].isascii() or not number[:17].isdigit():
        return False
    if number[17] != ric.calc_check_digit(number):
        return False
    if number[0] == "9":
        if number[1] in "78" or not province_known(number[1:]):
            return False
    elif not number.startswith(PERMITS) and not province_known(number):
        return False
    return 1850 <= ric.get_birth_date(number).year <= 2100


def card(number):
    return 16 <= len(number) <= 19 and number[0] in "3456" and luhn.is_valid(number)


def mobile_block(number):
    # Of a number in the right form: whether the metadata know its block as a mobile one.
    parsed = phonenumbers.parse("+86" + number)
    kind = phonenumbers.number_type(parsed)
    return kind == phonenumbers.PhoneNumberType.MOBILE


JUDGES = {"credit_code": uscc.is_valid, "citizen": citizen, "card": card, "mobile_block": mobile_block}


def main():
    for line in sys.stdin:
        kind, _, value = line.rstrip("\n").partition(" ")
        if kind == "regions":
            print(" ".join(county_codes()))
            continue
        try:
            print(int(bool(JUDGES[kind](value))))
        except exceptions.ValidationError:
            print(0)


main()
