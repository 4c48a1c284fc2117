"""Texts that somebody may send in the hope that a page does more with them than show them."""

from itertools import product
from typing import Final

# What each of them does where it runs: it shows up as an executed handler, a request, or a report.
_RUN: Final = "window.executed=1"
_AWAY: Final = "https://evil.example/x"
_MARKUP: Final = (
    f"<script>{_RUN}</script>",
    f"<script src={_AWAY}></script>",
    f"<img src=x onerror={_RUN}>",
    f"<img src={_AWAY}>",
    f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f'<svg><use href="data:image/svg+xml,<svg onload={_RUN}>">',
    f'<iframe src="javascript:{_RUN}"></iframe>',
    f'<iframe srcdoc="<script>{_RUN}</script>"></iframe>',
    f"<iframe src={_AWAY}></iframe>",
    f'<object data="javascript:{_RUN}"></object>',
    f"<embed src={_AWAY}>",
    f'<a href="javascript:{_RUN}" autofocus onfocus={_RUN}>x</a>',
    f'<form action="javascript:{_RUN}"><button formaction={_AWAY}>x</form>',
    f"<input autofocus onfocus={_RUN}>",
    f"<details open ontoggle={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<audio src={_AWAY} onerror={_RUN}>",
    f"<body onload={_RUN}>",
    f"<marquee onstart={_RUN}>",
    f'<meta http-equiv="refresh" content="0;url={_AWAY}">',
    f"<link rel=stylesheet href={_AWAY}>",
    f"<style>*{{background:url({_AWAY})}}</style>",
    f"<style>@import '{_AWAY}';</style>",
    f'<base href="{_AWAY}">',
    f"<math><mi xlink:href=javascript:{_RUN}>",
    f"<template><img src=x onerror={_RUN}></template>",
    f"<xss style=animation-name:x onanimationstart={_RUN}>",
    f"<div popover id=p onbeforetoggle={_RUN}></div>",
    f"<select><option><img src=x onerror={_RUN}>",
    f"<noscript><p title='</noscript><img src=x onerror={_RUN}>'>",
    f"<!--><img src=x onerror={_RUN}>-->",
    f"<![CDATA[<img src=x onerror={_RUN}>]]>",
    f"<?xml version=1?><img src=x onerror={_RUN}>",
    f"<ScRiPt>{_RUN}</sCrIpT>",
    f"<scr<script>ipt>{_RUN}</scr</script>ipt>",
    f"&lt;script&gt;{_RUN}&lt;/script&gt;",
    f"&#60;img src=x onerror={_RUN}&#62;",
    f"\\u003cimg src=x onerror={_RUN}\\u003e",
    f"%3Cscript%3E{_RUN}%3C/script%3E",
    f"\uff1cscript\uff1e{_RUN}\uff1c/script\uff1e",
)
# How one gets out of where a text usually stands.
_ESCAPES: Final = ("", '"', "'", '">', "'>", "`", "</title>", "</textarea>", "-->", "]]>")
_SCHEMES: Final = (
    *("javascript:", "JaVaScRiPt:", " javascript:", "java\tscript:", "\x01javascript:", "vbscript:", "data:text/html,"),
)
_ADDRESSES: Final = (
    *map("".join, product(_SCHEMES, (_RUN, f"//%0a{_RUN}", f"<script>{_RUN}</script>"))),
    *(_AWAY, "//evil.example/x", "\\\\evil.example\\x", "https:evil.example", "file:///etc/passwd", "blob:null/x"),
)
_TEMPLATES: Final = (
    *(
        "{{7*7}}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{%raw%}",
        "[[7*7]]",
        "{n}",
        "{id}",
        "{for} {since} {by}",
        "$&",
        "$1$`$'",
    ),
    *(
        "{{constructor.constructor('window.executed=1')()}}",
        "${window.executed=1}",
        "%s%n%x",
        "{0}{1}",
        "{self.__class__}",
    ),
)
_CSS: Final = (
    *("expression(window.executed=1)", f"url({_AWAY})", f"background:url({_AWAY})", "} * { display: none } {"),
    *("position:fixed;inset:0", "critical warning info", "banner warn", ":root{--ink:red}", "@media all{*{color:red}}"),
)
_SELECTORS: Final = ('"] *', "'] , *", "#rows > li", '[data-act="acknowledge"]', "*", ":root", "\\", "a\\", '")', "])}")
_SIGNS: Final = tuple(
    f"{sign}{word}{sign}"
    for sign, word in product(
        (
            "\u202e",
            "\u2066\u202e",
            "\u202d",
            "\u2067",
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u00ad",
            "\u2028",
            "\u2029",
            "\u0000",
            "\x07",
            "\x1b[31m",
            "\x7f",
            "\x85",
            "\u0300" * 60,
            "\ufff9",
            "\U000e0041",
        ),
        ("evil", "txt.exe", "<b>"),
    )
)
_BREAKERS: Final = (
    *(
        "\n\nevent: alert\ndata: {}\n\n",
        "\r\n\r\nevent: bye\r\ndata: {}\r\n\r\n",
        "\ndata: x",
        "\rid: 9-9",
        ":\n\n",
        "\n\n",
    ),
    *("event: snapshot", 'data: {"rows":[],"alerts":[]}', "id: 0-0", "retry: 1", "\n\nretry: 999999999\n\n"),
    *(
        '"',
        '\\"',
        '"}',
        '"}]}',
        '{"a":',
        "]]",
        "\\",
        "\\\\",
        "\\u0000",
        "\\ud800",
        '","shown":false,"x":"',
        "null}",
        "/*",
        "*/",
        "//",
    ),
    *("{" * 50, "[" * 200, "\\" * 99, '"' * 99),
)
_NOTHINGS: Final = (
    *(
        "null",
        "undefined",
        "NaN",
        "Infinity",
        "-0",
        "0",
        "1e999",
        "true",
        "false",
        "[object Object]",
        "None",
        "nil",
        " ",
        "\t",
        "\u00a0",
    ),
    *(
        "__proto__",
        "constructor",
        "prototype",
        "toString",
        "valueOf",
        "hasOwnProperty",
        "then",
        "length",
        "__defineGetter__",
    ),
    *(
        "opened",
        "cleared",
        "snapshot",
        "all",
        "nl",
        "en",
        "critical",
        "expired",
        "by",
        "risk",
        "valence",
        "effort",
        "chat",
    ),
)
_HUGE: Final = (
    *(
        "w" * 5_000,
        "ab " * 2_000,
        "<b>" * 1_500,
        "\U0001f621" * 1_000,
        "a\u0301" * 1_500,
        "\u202e" * 1_000 + "x",
        "&amp;" * 1_000,
    ),
    *(
        "漢字" * 1_000,
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 " * 300,
        "\ufdfd" * 100,
        "-" * 3_000,
        "x\n" * 1_500,
        "f" * 4_000 + "<script>",
    ),
)


def texts() -> tuple[str, ...]:
    """All of them, each once."""
    broken_out = (escape + markup for escape, markup in product(_ESCAPES, _MARKUP))
    rest = (*_ADDRESSES, *_TEMPLATES, *_CSS, *_SELECTORS, *_SIGNS, *_BREAKERS, *_NOTHINGS, *_HUGE)
    return tuple(dict.fromkeys((*broken_out, *rest)))
