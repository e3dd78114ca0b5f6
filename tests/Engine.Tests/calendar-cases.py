#!/usr/bin/env python3
"""Writes calendar-cases.gz: what Python's zoneinfo, another implementation of zones, says of the next local times around clock changes.

A line with the name of a zone, then one line per case: now (in seconds since the line before, the first since 1970), the local time (in seconds
of the day), the weekday (1 is Monday; empty: every day), and how many seconds later the clock shows that time. Only changes of the past are
taken, since later ones may be moved by law, in one implementation before the other.
"""
import datetime
import gzip
import pathlib
import zoneinfo

UTC = datetime.timezone.utc
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)

# Skipped days, half hours, and changes at midnight.
ODD_DAYS = {
    "Pacific/Apia": "2011-12-30", "Pacific/Kwajalein": "1993-08-21", "Asia/Pyongyang": "2015-08-15", "Australia/Lord_Howe": "2025-10-05",
    "Antarctica/Troll": "2025-03-30", "America/Nuuk": "2026-03-28", "Africa/Casablanca": "2026-02-15", "Europe/Dublin": "2026-03-29",
    "America/Santiago": "2026-09-06", "Africa/Cairo": "2026-04-24", "Asia/Beirut": "2026-03-29", "America/Asuncion": "2024-10-06",
    "Asia/Gaza": "2026-03-28",
}

# The hour of Moldova's changes was corrected in release 2026a of the zone data, which not every host has.
CORRECTED = ("Europe/Chisinau", "Europe/Tiraspol")


def offset(zone, at):
    return at.astimezone(zone).utcoffset()


def first_instant(zone, local):
    """The first instant at which the clock shows this local time; where it never does, the first after the gap."""
    as_utc = local.replace(tzinfo=UTC)
    offsets = {offset(zone, as_utc + hours * HOUR) for hours in range(-48, 49)}
    hits = [as_utc - each for each in offsets if offset(zone, as_utc - each) == each]
    if hits:
        return min(hits)
    low, high = as_utc - 40 * HOUR, as_utc + 40 * HOUR
    while high - low > datetime.timedelta(microseconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return high


def next_time(zone, time, weekday, now):
    today = now.astimezone(zone).date()
    for ahead in range(-1, 10):
        day = today + datetime.timedelta(days=ahead)
        if weekday in (None, day.isoweekday()):
            at = first_instant(zone, datetime.datetime.combine(day, time))
            if at > now:
                return at
    raise ValueError(f"{zone} never shows {time}")


def clock_changes(zone):
    """Those of 2023 to 2025, which no later law can move, each with the offsets before and after."""
    at, until = datetime.datetime(2023, 1, 1, tzinfo=UTC), datetime.datetime(2026, 1, 1, tzinfo=UTC)
    changes = []
    while at < until:
        following = at + 6 * HOUR
        before, after = offset(zone, at), offset(zone, following)
        if before != after:
            low, high = at, following
            while high - low > SECOND:
                middle = low + (high - low) / 2
                if offset(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            changes.append((high.replace(microsecond=0), before, after))
        at = following
    return changes


def cases(name):
    zone = zoneinfo.ZoneInfo(name)
    for change, before, after in clock_changes(zone):
        low, high = sorted(((change + before).replace(tzinfo=None), (change + after).replace(tzinfo=None)))
        for local in (low, low + (high - low) / 2, high, low - SECOND, high - SECOND):
            time = local.time().replace(microsecond=0)
            for seconds in (-36 * 3600, -3600, -1, 0, 1, 1800, 3600, 7200):
                for weekday in (None, local.isoweekday()):
                    yield change + seconds * SECOND, time, weekday, zone
    if name in ODD_DAYS:
        day = datetime.date.fromisoformat(ODD_DAYS[name])
        for hours in (50, 26, 3, 0):
            now = datetime.datetime.combine(day, datetime.time(12), tzinfo=UTC) - hours * HOUR
            for minutes in (hour * 60 + minute for hour in range(24) for minute in (0, 30, 59)):
                for weekday in (None, day.isoweekday()):
                    yield now, datetime.time(minutes // 60, minutes % 60), weekday, zone


def lines():
    for name in sorted(zoneinfo.available_timezones()):
        if name.startswith(("right/", "posix/")) or name in ("localtime", "Factory", "posixrules", *CORRECTED):
            continue
        last, seen = 0, set()
        yield name
        for now, time, weekday, zone in cases(name):
            if (now, time, weekday) in seen:
                continue
            seen.add((now, time, weekday))
            seconds = round(now.timestamp())
            until = round((next_time(zone, time, weekday, now) - now).total_seconds())
            yield f"{seconds - last},{time.hour * 3600 + time.minute * 60 + time.second},{weekday or ''},{until}"
            last = seconds


if __name__ == "__main__":
    text = "\n".join(lines()) + "\n"
    # The same bytes for the same data.
    pathlib.Path(__file__).with_suffix(".gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
