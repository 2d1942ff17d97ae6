"""Rich text: the one block in which nothing that a customer wrote is parsed."""

from __future__ import annotations

from tests.doubles.slack.kit.rules import (
    Fields,
    Need,
    anything,
    boolean,
    by_type,
    listing,
    one_of,
    record,
    string,
    whole,
)

_KIND: Fields = {"type": Need(anything)}
_style = record(dict.fromkeys(("bold", "italic", "strike", "code", "underline", "highlight", "unlink"), boolean))
_text = record({**_KIND, "text": Need(string(10**6)), "style": _style})
_link = record({**_KIND, "url": Need(string(10**4)), "text": string(10**6), "unsafe": boolean, "style": _style})
_inline = by_type(
    {
        "text": _text,
        "link": _link,
        "emoji": record(
            {**_KIND, "name": Need(string()), "unicode": string(), "skin_tone": whole(1, 6), "style": _style}
        ),
        "user": record({**_KIND, "user_id": Need(string()), "style": _style}),
        "channel": record({**_KIND, "channel_id": Need(string()), "style": _style}),
        "usergroup": record({**_KIND, "usergroup_id": Need(string()), "style": _style}),
        "team": record({**_KIND, "team_id": Need(string()), "style": _style}),
        "broadcast": record({**_KIND, "range": Need(one_of("here", "channel", "everyone")), "style": _style}),
        "color": record({**_KIND, "value": Need(string()), "style": _style}),
        "date": record(
            {
                **_KIND,
                "timestamp": Need(whole(0, 10**11)),
                "format": Need(string()),
                "url": string(10**4),
                "fallback": string(),
                "style": _style,
            }
        ),
    },
    "rich text element",
)
_plainly = by_type({"text": _text, "link": _link}, "element in preformatted text")
_section = record({**_KIND, "elements": Need(listing(_inline, 10**4, 0))})
_listed = by_type({"rich_text_section": _section}, "list item")

parts = by_type(
    {
        "rich_text_section": _section,
        "rich_text_quote": record({**_KIND, "elements": Need(listing(_inline, 10**4, 0)), "border": whole(0, 1)}),
        "rich_text_preformatted": record(
            {**_KIND, "elements": Need(listing(_plainly, 10**4, 0)), "border": whole(0, 1), "language": string()}
        ),
        "rich_text_list": record(
            {
                **_KIND,
                "style": Need(one_of("bullet", "ordered")),
                "elements": Need(listing(_listed, 10**4)),
                "indent": whole(0, 8),
                "offset": whole(0, 10**6),
                "border": whole(0, 1),
            }
        ),
    },
    "rich text part",
)
