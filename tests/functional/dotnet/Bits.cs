// The requests of a BitsClientJob script.
using System;
using System.Linq;
using System.Text;
using System.Xml;

namespace Bitsd.Client;

internal sealed class Bits(Link link, Uri url)
{
    private const string Soap = "http://www.w3.org/2003/05/soap-envelope";
    private const string Addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
    private const string Wsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";
    private const string Transfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
    private const string Job = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob";

    public XmlElement Get(string id) => Ask(Transfer + "Get", "", id);

    public string State(string id) => Get(id)["p:State"]!.InnerText;

    // As Set-WSManInstance does it: the whole document goes back with one text changed.
    public void Set(string id, string name, string value)
    {
        XmlElement document = Get(id);
        document.ChildNodes.OfType<XmlElement>().Single(child => child.LocalName == name).InnerText = value;
        Ask(Transfer + "Put", document.OuterXml, id);
    }

    public XmlElement Invoke(string method, string? id, params (string Name, string Value)[] arguments)
    {
        var body = new StringBuilder($"<p:{method}_INPUT xmlns:p=\"{Job}\">");
        foreach (var (name, value) in arguments) body.Append($"<p:{name}>{Escape(value)}</p:{name}>");
        XmlElement output = Ask($"{Job}/{method}", body.Append($"</p:{method}_INPUT>").ToString(), id);
        string code = output["p:ReturnValue"]!.InnerText;
        if (code != "0") throw new LinkException($"{method}: ReturnValue {code}");
        return output;
    }

    private XmlElement Ask(string action, string body, string? id)
    {
        string selectors = id is null ? "" : $"<w:SelectorSet><w:Selector Name=\"JobId\">{Escape(id)}</w:Selector></w:SelectorSet>";
        Answer answer = link.Send(
            $"<s:Envelope xmlns:s=\"{Soap}\" xmlns:a=\"{Addressing}\" xmlns:w=\"{Wsman}\"><s:Header><a:To>{url}</a:To>" +
            $"<w:ResourceURI s:mustUnderstand=\"true\">{Job}</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand=\"true\">" +
            $"{Addressing}/role/anonymous</a:Address></a:ReplyTo><a:Action s:mustUnderstand=\"true\">{action}</a:Action>" +
            $"<w:MaxEnvelopeSize s:mustUnderstand=\"true\">512000</w:MaxEnvelopeSize><a:MessageID>uuid:" +
            $"{Guid.NewGuid().ToString().ToUpperInvariant()}</a:MessageID>{selectors}" +
            $"<w:OperationTimeout>PT60.000S</w:OperationTimeout></s:Header><s:Body>{body}</s:Body></s:Envelope>");
        var document = new XmlDocument();
        document.LoadXml(Encoding.UTF8.GetString(answer.Body));
        var names = new XmlNamespaceManager(document.NameTable);
        names.AddNamespace("s", Soap);
        XmlNode? text = document.SelectSingleNode("/s:Envelope/s:Body/s:Fault/s:Reason/s:Text", names);
        if (text is not null) throw new LinkException(text.InnerText);
        return (XmlElement)document.SelectSingleNode("/s:Envelope/s:Body/*", names)!;
    }

    private static string Escape(string text) => System.Security.SecurityElement.Escape(text)!;
}
