// usage: Client.dll URL managed|gss NTLM|Negotiate|Kerberos COMMAND ARGUMENT…
//   calls N [USER…]       N Gets of one new job on one connection, as each user
//   script REMOTE LOCAL   create, foreground, resume, poll, complete
//   lost                  a call, a connection that the server ended, a call
// The user and password are those of $CLIENT_USER and $CLIENT_PASSWORD; without
// $CLIENT_USER, whoever has a Kerberos ticket. $CLIENT_SKIP: "ca", "cn", what is not
// checked of a certificate, and "binding" for a login that is not bound to it. Exit 0,
// or 1 and a sentence.
using System;
using System.Linq;
using System.Net;
using System.Threading;

namespace Bitsd.Client;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        // Read once, when NegotiateAuthentication is first used: .NET's own NTLM instead of gss-ntlmssp's.
        AppContext.SetSwitch("System.Net.Security.UseManagedNtlm", arguments[1] == "managed");
        var url = new Uri(arguments[0]);
        string package = arguments[2];
        string? user = Environment.GetEnvironmentVariable("CLIENT_USER");
        try
        {
            Run(url, package, user, arguments[3], arguments[4..]);
            return 0;
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(exception is LinkException ? exception.Message : exception.ToString());
            return 1;
        }
    }

    private static string Skip => Environment.GetEnvironmentVariable("CLIENT_SKIP") ?? "";

    private static void Run(Uri url, string package, string? user, string command, string[] arguments)
    {
        if (command == "calls")
        {
            string?[] users = arguments.Length > 1 ? [.. arguments[1..]] : [user];
            foreach (string? name in users) Calls(url, package, name, int.Parse(arguments[0]));
            return;
        }
        using var link = new Link(url, package, Credential(user), Skip);
        var bits = new Bits(link, url);
        if (command == "script") Script(bits, arguments[0], arguments[1]);
        else if (command == "lost") Lost(link, bits);
        else throw new LinkException($"unknown command {command}");
    }

    // .NET's own NTLM sends a name as it is given: DOMAIN\user and user@domain are split here.
    private static NetworkCredential? Credential(string? name)
    {
        if (name is null) return null;
        string password = Environment.GetEnvironmentVariable("CLIENT_PASSWORD")!;
        string[] down = name.Split('\\', 2);
        if (down.Length == 2) return new NetworkCredential(down[1], password, down[0].TrimStart('.'));
        string[] at = name.Split('@', 2);
        return new NetworkCredential(at[0], password, at.Length == 2 ? at[1] : "");
    }

    private static string Create(Bits bits, string remote, string local) =>
        bits.Invoke("CreateJob", null, ("DisplayName", "dotnet"), ("RemoteUrl", remote), ("LocalFile", local), ("Type", "0"))
            ["p:JobId"]!.InnerText;

    private static void Calls(Uri url, string package, string? user, int count)
    {
        using var link = new Link(url, package, Credential(user), Skip);
        var bits = new Bits(link, url);
        try
        {
            string job = Create(bits, "http://127.0.0.1:1/never", @"C:\dotnet\never");
            for (int i = 0; i < count; ++i)
                if (bits.State(job) != "3") throw new LinkException("the job is not suspended");
            bits.Invoke("SetJobState", job, ("JobState", "0"));
        }
        catch (LinkException exception)
        {
            throw new LinkException($"{user}: {exception.Message}");
        }
        if (link.Logins != 1) throw new LinkException($"{user}: {link.Logins} logins for {count} calls");
        Console.WriteLine($"{user}: {count} calls, {link.Logins} login");
    }

    private static void Script(Bits bits, string remote, string local)
    {
        string job = Create(bits, remote, local);
        bits.Set(job, "Priority", "0");
        bits.Invoke("SetJobState", job, ("JobState", "2"));
        string state = bits.State(job);
        for (var until = DateTime.UtcNow.AddSeconds(30); state is not ("4" or "5" or "6") && DateTime.UtcNow < until;)
        {
            Thread.Sleep(50);
            state = bits.State(job);
        }
        if (state != "6") throw new LinkException($"the job is in state {state}");
        bits.Invoke("SetJobState", job, ("JobState", "1"));
        Console.WriteLine(job);
    }

    private static void Lost(Link link, Bits bits)
    {
        string job = Create(bits, "http://127.0.0.1:1/never", @"C:\dotnet\lost");
        link.Forget();
        bits.Invoke("SetJobState", job, ("JobState", "0"));
        Console.WriteLine($"{link.Logins} logins");
    }
}
