// One TCP connection and the security context that belongs to it: the same calls
// of System.Net.Security and System.Net.Http as scripts/powershell/BitsWsman makes.
using System;
using System.Buffers;
using System.IO;
using System.Linq;
using System.Linq.Expressions;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication.ExtendedProtection;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Bitsd.Client;

internal sealed class LinkException(string message) : Exception(message);

internal sealed record Answer(int Status, string Type, byte[] Body, string? Token);

internal sealed class Link : IDisposable
{
    private const string EnvelopeType = "application/soap+xml;charset=UTF-8";
    private const string SealProtocol = "application/HTTP-SPNEGO-session-encrypted";
    private const string Boundary = "--Encrypted Boundary";

    private readonly Uri url;
    private readonly string package;
    private readonly NetworkCredential? credential;
    private readonly HttpClient http;
    private readonly StrongBox<object?> binding = new();
    private NegotiateAuthentication? context;

    // skip: "ca" and "cn", what is not checked of the server's certificate; "binding": the login is not bound to it.
    public Link(Uri url, string package, NetworkCredential? credential, string skip)
    {
        this.url = url;
        this.package = package;
        this.credential = credential;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            MaxConnectionsPerServer = 1,
            PooledConnectionIdleTimeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        if (skip.Contains("ca"))
        {
            handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
            {
                VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
                RevocationMode = X509RevocationMode.NoCheck,
            };
        }
        if (skip.Contains("cn"))
            handler.SslOptions.RemoteCertificateValidationCallback = CertificateCheck(SslPolicyErrors.RemoteCertificateNameMismatch);
        if (Tls && !skip.Contains("binding")) handler.PlaintextStreamFilter = BindingKeeper(binding);
        http = new HttpClient(handler);
    }

    // Compiled like CertificateCheck. Keeps what a login on the connection is to be bound to:
    // (context, _) => { kept.Value = ((SslStream)stream).TransportContext.GetChannelBinding(Endpoint); return FromResult(stream); }
    private static Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>> BindingKeeper(
        StrongBox<object?> kept)
    {
        ParameterExpression context = Expression.Parameter(typeof(SocketsHttpPlaintextStreamFilterContext));
        ParameterExpression cancellation = Expression.Parameter(typeof(CancellationToken));
        Expression stream = Expression.Property(context, "PlaintextStream");
        Expression transport = Expression.Property(Expression.Convert(stream, typeof(SslStream)), "TransportContext");
        Expression found = Expression.Call(transport, typeof(TransportContext).GetMethod("GetChannelBinding")!,
            Expression.Constant(ChannelBindingKind.Endpoint));
        Expression keep = Expression.Assign(Expression.Field(Expression.Constant(kept), "Value"), found);
        Expression result = Expression.Call(typeof(ValueTask).GetMethod("FromResult")!.MakeGenericMethod(typeof(Stream)), stream);
        Type type = typeof(Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>>);
        return (Func<SocketsHttpPlaintextStreamFilterContext, CancellationToken, ValueTask<Stream>>)Expression.Lambda(
            type, Expression.Block(keep, result), context, cancellation).Compile();
    }

    // Compiled from an expression, as the module has to do it: (…, errors) => (errors & ~allowed) == 0
    private static RemoteCertificateValidationCallback CertificateCheck(SslPolicyErrors allowed)
    {
        Type[] types = [typeof(object), typeof(X509Certificate), typeof(X509Chain), typeof(SslPolicyErrors)];
        ParameterExpression[] parameters = types.Select(type => Expression.Parameter(type)).ToArray();
        Expression errors = Expression.Convert(parameters[3], typeof(int));
        Expression refused = Expression.Constant((object)~(int)allowed);
        Expression none = Expression.Constant((object)0);
        Expression body = Expression.Equal(Expression.And(errors, refused), none);
        return (RemoteCertificateValidationCallback)Expression.Lambda(
            typeof(RemoteCertificateValidationCallback), body, parameters).Compile();
    }

    public int Logins { get; private set; }

    // Seals the envelope, logging in before it where that is needed. A 401 means
    // that the server has lost the context and executed nothing: once more.
    public Answer Send(string envelope)
    {
        byte[] plain = new UTF8Encoding(false).GetBytes(envelope);
        bool fresh = context is null;
        if (fresh) LogIn();
        Answer answer = Post(plain);
        if (answer.Status == 401 && !fresh)
        {
            LogIn();
            answer = Post(plain);
        }
        if (Tls) return answer;
        if (answer.Type != "multipart/encrypted") throw new LinkException($"HTTP {answer.Status} without a sealed body");
        return answer with { Body = Unseal(answer.Body) };
    }

    // Drops the connection but not the client's idea of it.
    public void Forget() => Post([], EnvelopeType, "Basic Og==");

    private bool Tls => url.Scheme == "https";

    private Answer Post(byte[] plain) => Tls ? Post(plain, EnvelopeType, null) : Post(Seal(plain), SealedType, null);

    private static string SealedType => $"multipart/encrypted;protocol=\"{SealProtocol}\";boundary=\"Encrypted Boundary\"";

    private void LogIn()
    {
        context?.Dispose();
        context = null;
        var options = new NegotiateAuthenticationClientOptions
        {
            Package = package,
            TargetName = "HTTP/" + url.Host,
            RequiredProtectionLevel = ProtectionLevel.EncryptAndSign,
        };
        if (credential is not null) options.Credential = credential;
        if (Tls)
        {
            // The login is bound to the certificate of the connection that it is made on, so there must be one.
            Post([], EnvelopeType, null);
            options.Binding = (ChannelBinding?)binding.Value;
        }
        var fresh = new NegotiateAuthentication(options);
        Answer? answer = null;
        string? incoming = "";
        do
        {
            string? outgoing = fresh.GetOutgoingBlob(incoming, out NegotiateAuthenticationStatusCode status);
            if (status is not (NegotiateAuthenticationStatusCode.Completed or NegotiateAuthenticationStatusCode.ContinueNeeded))
                throw new LinkException($"{package} is not possible: {status}");
            if (outgoing is null) break;
            answer = Post([], EnvelopeType, $"Negotiate {outgoing}");
            incoming = answer.Token;
        } while (incoming is not null);
        // IsAuthenticated is true as soon as the last token has been made: the status tells whether it was accepted.
        if (answer?.Status != 200 || !fresh.IsAuthenticated || !fresh.IsEncrypted)
            throw new LinkException($"refused with HTTP {answer?.Status}");
        context = fresh;
        Logins++;
    }

    private Answer Post(byte[] body, string type, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using HttpResponseMessage response = http.Send(request);
        using var bytes = new MemoryStream();
        response.Content.ReadAsStream().CopyTo(bytes);
        string? token = response.Headers.WwwAuthenticate
            .FirstOrDefault(challenge => challenge.Scheme == "Negotiate" && challenge.Parameter is not null)?.Parameter;
        return new Answer((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", bytes.ToArray(), token);
    }

    private byte[] Seal(byte[] plain)
    {
        var wrapped = new ArrayBufferWriter<byte>();
        NegotiateAuthenticationStatusCode status = context!.Wrap(plain, wrapped, true, out bool encrypted);
        if (status != NegotiateAuthenticationStatusCode.Completed || !encrypted) throw new LinkException($"Wrap: {status}");
        var message = new MemoryStream();
        message.Write(Encoding.Latin1.GetBytes(
            $"{Boundary}\r\n\tContent-Type: {SealProtocol}\r\n\tOriginalContent: type={EnvelopeType};Length={plain.Length}\r\n" +
            $"{Boundary}\r\n\tContent-Type: application/octet-stream\r\n"));
        message.Write(BitConverter.GetBytes(wrapped.WrittenCount - plain.Length));
        message.Write(wrapped.WrittenSpan);
        message.Write(Encoding.Latin1.GetBytes(Boundary + "--\r\n"));
        return message.ToArray();
    }

    private byte[] Unseal(byte[] body)
    {
        const string mark = "Content-Type: application/octet-stream\r\n";
        string text = Encoding.Latin1.GetString(body);
        int start = text.IndexOf(mark, StringComparison.OrdinalIgnoreCase) + mark.Length + 4;
        int end = text.LastIndexOf(Boundary, StringComparison.Ordinal);
        if (start < mark.Length + 4 || end < start) throw new LinkException("malformed sealed reply");
        var plain = new ArrayBufferWriter<byte>();
        NegotiateAuthenticationStatusCode status = context!.Unwrap(body.AsSpan(start, end - start), plain, out bool encrypted);
        if (status != NegotiateAuthenticationStatusCode.Completed || !encrypted) throw new LinkException($"Unwrap: {status}");
        return plain.WrittenSpan.ToArray();
    }

    public void Dispose()
    {
        context?.Dispose();
        http.Dispose();
    }
}
