"""Requests as large as an envelope may be, each dear in a way of its own."""

BYTES = 512_000
SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
BITS = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob"
TRANSFER_GET = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"


def envelope(headers="", body="", action=TRANSFER_GET):
    return (f'<s:Envelope xmlns:s="{SOAP}" xmlns:a="{ADDRESSING}" xmlns:n="{ENUMERATION}" xmlns:w="{WSMAN}">'
            f"<s:Header><a:To>http://h/wsman</a:To><w:ResourceURI>{BITS}</w:ResourceURI>"
            f"<a:ReplyTo><a:Address>{ADDRESSING}/role/anonymous</a:Address></a:ReplyTo>"
            f"<a:Action>{action}</a:Action><a:MessageID>uuid:1</a:MessageID>{headers}</s:Header>"
            f"<s:Body>{body}</s:Body></s:Envelope>")


def filled(piece, before="", after="", count=None, place="body", **options):
    """An envelope with as many pieces as it holds, or `count`. A piece is a text or a function of its number."""
    def build(inside):
        inside = before + inside + after
        return envelope(inside, **options) if place == "headers" else envelope("", inside, **options)

    room = BYTES - len(build("").encode())
    pieces, used, number = [], 0, 0
    while count is None or number < count:
        text = piece if isinstance(piece, str) else piece(number)
        used += len(text.encode())
        if used > room:
            break
        pieces.append(text)
        number += 1
    return build("".join(pieces)).encode()


def filter_of(piece, start, end=""):
    return filled(piece, '<n:Enumerate><w:Filter Dialect="http://schemas.microsoft.com/wbem/wsman/1/WQL">' + start,
                  end + "</w:Filter></n:Enumerate>", action=f"{ENUMERATION}/Enumerate")


def forms():
    """name -> body"""
    headers = {"place": "headers"}
    attributes = "".join(f' a{i}="{i}"' for i in range(31))
    return {
        "attributes of one element": filled(lambda i: f' a{i}="1"', "<x", "/>"),
        "31 attributes on each element": filled(f"<x{attributes}/>", "<r>", "</r>"),
        "64 prefixed attribute names": filled(
            lambda i: f'<x p:a{i % 62}="1" q:b="2"/>', '<r xmlns:p="p" xmlns:q="q">', "</r>", 19_990),
        "attribute values of 8 KiB": filled('<x a="' + "v" * 8_192 + '"/>', "<r>", "</r>"),
        "namespaces of one element": filled(lambda i: f' xmlns:n{i}="u"', "<x", "/>"),
        "namespaces on each element": filled(
            lambda i: "<x" + "".join(f' xmlns:p{j}="u{j}"' for j in range(28)) + "/>", "<r>", "</r>"),
        "20,000 elements": filled("<p:x/>", '<r xmlns:p="u">', "</r>", 19_980),
        "more elements": filled("<x/>", "<r>", "</r>"),
        "20,000 elements with text": filled("<x>some text here</x>", "<r>", "</r>", 19_980),
        "children of the body": filled("<x/>", count=19_980),
        "depth": filled("<x>", "<r>"),
        "depth of 28, again and again": filled("<x>" * 28 + "</x>" * 28, "<r>", "</r>", 700),
        "one text": filled("x" * 1_000, "<x>", "</x>"),
        "text that is not ASCII": filled("ä" * 500, "<x>", "</x>"),
        "white space": filled(" \n", "<x>", "</x>"),
        "carriage returns": filled("\r\n", "<x>", "</x>"),
        "comments": filled("<!---->", "<x>", "</x>"),
        "one comment": filled("x" * 100, "<x><!--", "--></x>"),
        "CDATA sections": filled("<![CDATA[x]]>", "<x>", "</x>"),
        "entities": filled("&amp;", "<x>", "</x>"),
        "character references": filled("&#x1F600;", "<x>", "</x>"),
        "entities in an attribute": filled("&lt;", '<x a="', '"/>', 2_000),
        "entity declarations": b"<!DOCTYPE a [" + filled(lambda i: f"<!ENTITY e{i} 'x'>")[:BYTES - 20] + b"]>",
        "processing instructions": filled("<?a?>", "<x>", "</x>"),
        "selectors": filled(lambda i: f'<w:Selector Name="n{i}">1</w:Selector>', "<w:SelectorSet>",
                            "</w:SelectorSet>", **headers),
        "options": filled(lambda i: f'<w:Option Name="n{i}">1</w:Option>', "<w:OptionSet>",
                          "</w:OptionSet>", **headers),
        "selector of one text": filled("x" * 1_000, '<w:SelectorSet><w:Selector Name="JobId">',
                                       "</w:Selector></w:SelectorSet>", **headers),
        "unknown headers": filled(lambda i: f'<w:h{i} s:mustUnderstand="true"/>', **headers),
        "the same header": filled("<a:Action>x</a:Action>", **headers),
        "one long MessageID": envelope().replace("uuid:1", "u" * (BYTES - 1_000)).encode(),
        "WQL of many terms": filter_of("Priority=1 OR ", "SELECT * FROM BitsClientJob WHERE ", "State=1"),
        "WQL of many brackets": filter_of("(", "SELECT * FROM BitsClientJob WHERE "),
        "WQL of one long pattern": filter_of("%a", "SELECT * FROM BitsClientJob WHERE DisplayName LIKE '", "'"),
        "WQL of one long name": filter_of("a" * 100, "SELECT "),
        "UTF-16": ("\ufeff" + envelope("", "<x>" + "x" * (BYTES // 2 - 1_000) + "</x>")).encode("utf-16-le"),
        "no XML": b"x" * BYTES,
        "angle brackets": b"<" * BYTES,
    }
