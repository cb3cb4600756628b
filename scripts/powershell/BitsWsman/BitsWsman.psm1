# The WSMan cmdlets of Windows for PowerShell on Linux and macOS, as far as scripts for
# BitsClientJob use them. docs/powershell.md of bitsd describes them.
Set-StrictMode -Off
if ([System.Environment]::Version.Major -lt 7) {
    throw 'BitsWsman needs PowerShell 7.3 or later: NTLM and Kerberos with sealed messages came with .NET 7.'
}
# .NET reads this switch once in a process, at the first use of NegotiateAuthentication.
# Without it NTLM needs the package gss-ntlmssp on this machine.
[System.AppContext]::SetSwitch('System.Net.Security.UseManagedNtlm', $true)

$script:Soap = 'http://www.w3.org/2003/05/soap-envelope'
$script:Addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
$script:Wsman = 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'
$script:Microsoft = 'http://schemas.microsoft.com/wbem/wsman/1'
$script:Transfer = 'http://schemas.xmlsoap.org/ws/2004/09/transfer'
$script:Enumeration = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration'
$script:Binding = 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd'
$script:Identity = 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd'
$script:Instance = 'http://www.w3.org/2001/XMLSchema-instance'
$script:EnvelopeType = 'application/soap+xml;charset=UTF-8'
$script:SealProtocol = 'application/HTTP-SPNEGO-session-encrypted'
$script:Boundary = '--Encrypted Boundary'
$script:SealedType = "multipart/encrypted;protocol=""$script:SealProtocol"";boundary=""Encrypted Boundary"""
# One connection, and the security context that belongs to it, for each server, account
# and way to authenticate; kept from call to call.
$script:Links = @{}

# --- failures ---------------------------------------------------------------------------

# Xml: the WSManFault element, which is what most commands show.
function Stop-Command([string]$Text, [string]$Xml) {
    $exception = [System.InvalidOperationException]::new($(if ($Xml) { $Xml } else { $Text }))
    $exception.Data['Text'] = $Text
    throw $exception
}

function Get-Failure([System.Management.Automation.ErrorRecord]$Record, [object]$Target, [switch]$PlainText) {
    $exception = $Record.Exception
    while ($exception -is [System.Management.Automation.MethodInvocationException] -and $exception.InnerException) {
        $exception = $exception.InnerException
    }
    if ($PlainText -and $exception.Data['Text']) {
        $exception = [System.InvalidOperationException]::new([string]$exception.Data['Text'])
    }
    [System.Management.Automation.ErrorRecord]::new(
        $exception, 'WsManError', [System.Management.Automation.ErrorCategory]::InvalidOperation, $Target)
}

# --- one connection ---------------------------------------------------------------------

# A validation callback is called on threads that cannot run script, so it is compiled:
# (sender, certificate, chain, errors) => (errors & -not $Allowed) == 0
function New-CertificateCheck([System.Net.Security.SslPolicyErrors]$Allowed) {
    $types = [object], [System.Security.Cryptography.X509Certificates.X509Certificate],
        [System.Security.Cryptography.X509Certificates.X509Chain], [System.Net.Security.SslPolicyErrors]
    $parameters = [System.Linq.Expressions.ParameterExpression[]]@(
        foreach ($type in $types) { [System.Linq.Expressions.Expression]::Parameter($type) })
    $errors = [System.Linq.Expressions.Expression]::Convert($parameters[3], [int])
    $refused = [System.Linq.Expressions.Expression]::Constant([int](-bnot [int]$Allowed))
    $none = [System.Linq.Expressions.Expression]::Constant([int]0)
    $body = [System.Linq.Expressions.Expression]::Equal(
        [System.Linq.Expressions.Expression]::And($errors, $refused), $none)
    [System.Linq.Expressions.Expression]::Lambda(
        [System.Net.Security.RemoteCertificateValidationCallback], $body, $parameters).Compile()
}

# Keeps what a login on a connection is to be bound to, the certificate, in $Kept; compiled for the same reason:
# (context, cancellation) => { $Kept.Value = ((SslStream)stream).TransportContext.GetChannelBinding(Endpoint); FromResult(stream) }
function New-BindingKeeper([System.Runtime.CompilerServices.StrongBox[object]]$Kept) {
    $context = [System.Linq.Expressions.Expression]::Parameter([System.Net.Http.SocketsHttpPlaintextStreamFilterContext])
    $cancellation = [System.Linq.Expressions.Expression]::Parameter([System.Threading.CancellationToken])
    $stream = [System.Linq.Expressions.Expression]::Property($context, 'PlaintextStream')
    $tls = [System.Linq.Expressions.Expression]::Convert($stream, [System.Net.Security.SslStream])
    $transport = [System.Linq.Expressions.Expression]::Property($tls, 'TransportContext')
    $kind = [System.Security.Authentication.ExtendedProtection.ChannelBindingKind]
    $endpoint = [System.Linq.Expressions.Expression]::Constant($kind::Endpoint, $kind)
    $found = [System.Linq.Expressions.Expression]::Call(
        $transport, [System.Net.TransportContext].GetMethod('GetChannelBinding'),
        [System.Linq.Expressions.Expression[]]@($endpoint))
    $box = [System.Linq.Expressions.Expression]::Constant($Kept, [System.Runtime.CompilerServices.StrongBox[object]])
    $keep = [System.Linq.Expressions.Expression]::Assign(
        [System.Linq.Expressions.Expression]::Field($box, 'Value'), $found)
    $fromResult = [System.Threading.Tasks.ValueTask].GetMethod('FromResult').MakeGenericMethod([System.IO.Stream])
    $result = [System.Linq.Expressions.Expression]::Call($fromResult, [System.Linq.Expressions.Expression[]]@($stream))
    $body = [System.Linq.Expressions.Expression]::Block([System.Linq.Expressions.Expression[]]@($keep, $result))
    $answer = [System.Threading.Tasks.ValueTask[System.IO.Stream]]
    $type = [System.Linq.Expressions.Expression]::GetFuncType([type[]]@($context.Type, $cancellation.Type, $answer))
    $parameters = [System.Linq.Expressions.ParameterExpression[]]@($context, $cancellation)
    [System.Linq.Expressions.Expression]::Lambda($type, $body, $parameters).Compile()
}

# Kept: what logins over TLS are to be bound to, once there is a connection.
function New-HttpClient([object]$SessionOption, [int]$Seconds, [object]$Kept) {
    $handler = [System.Net.Http.SocketsHttpHandler]::new()
    $handler.UseProxy = $false
    $handler.UseCookies = $false
    $handler.AllowAutoRedirect = $false
    # The security context belongs to the connection, so there is one.
    $handler.MaxConnectionsPerServer = 1
    $handler.PooledConnectionIdleTimeout = [System.Threading.Timeout]::InfiniteTimeSpan
    if ($SessionOption.SkipCACheck) {
        $policy = [System.Security.Cryptography.X509Certificates.X509ChainPolicy]::new()
        $policy.VerificationFlags =
            [System.Security.Cryptography.X509Certificates.X509VerificationFlags]::AllowUnknownCertificateAuthority
        $policy.RevocationMode = [System.Security.Cryptography.X509Certificates.X509RevocationMode]::NoCheck
        $handler.SslOptions.CertificateChainPolicy = $policy
    }
    if ($SessionOption.SkipCNCheck) {
        $handler.SslOptions.RemoteCertificateValidationCallback =
            New-CertificateCheck ([System.Net.Security.SslPolicyErrors]::RemoteCertificateNameMismatch)
    }
    if ($Kept) { $handler.PlaintextStreamFilter = New-BindingKeeper $Kept }
    $client = [System.Net.Http.HttpClient]::new($handler)
    $client.Timeout = [System.TimeSpan]::FromSeconds($Seconds + 30)
    $client
}

# DOMAIN\user, .\user and user@domain are split here: .NET's own NTLM sends a name as it is given.
function Get-NetworkCredential([pscredential]$Credential) {
    if (-not $Credential) { return [System.Net.CredentialCache]::DefaultNetworkCredentials }
    $domain = ''
    $user = $Credential.UserName
    if ($user.Contains('\')) { $domain, $user = $user.Split([char]'\', 2) }
    elseif ($user.Contains('@')) { $user, $domain = $user.Split([char]'@', 2) }
    [System.Net.NetworkCredential]::new($user, $Credential.Password, $domain.TrimStart([char]'.'))
}

# Where a command's request goes and as whom, from its bound parameters.
function Get-Target([hashtable]$Bound) {
    $option = $Bound['SessionOption']
    $seconds = if ($option.OperationTimeout) { [int][System.Math]::Ceiling($option.OperationTimeout / 1000) } else { 60 }
    if ($Bound['ConnectionURI']) { $url = [uri]$Bound['ConnectionURI'] }
    else {
        $ssl = [bool]$Bound['UseSSL']
        $name = if ($Bound['ComputerName']) { $Bound['ComputerName'] } else { 'localhost' }
        if ($name -eq '.') { $name = 'localhost' }
        if ($name.Contains(':') -and -not $name.StartsWith('[')) { $name = "[$name]" }
        $port = if ($Bound['Port']) { $Bound['Port'] } elseif ($ssl) { 5986 } else { 5985 }
        $path = if ($Bound['ApplicationName']) { $Bound['ApplicationName'].TrimStart([char]'/') } else { 'wsman' }
        $url = [uri]"$(if ($ssl) { 'https' } else { 'http' })://${name}:$port/$path"
    }
    if ($url.Scheme -notin 'http', 'https') { Stop-Command "$url is not a URL of http or https." }
    if ($Bound['CertificateThumbprint']) { Stop-Command 'BitsWsman does not log in with certificates: use -Credential.' }
    $way = [string]$Bound['Authentication']
    if (-not $way -or $way -eq 'Default') { $way = 'Negotiate' }
    if ($way -eq 'Basic' -and -not $Bound['Credential']) { Stop-Command 'Basic needs -Credential.' }
    if ($way -eq 'Basic' -and $url.Scheme -eq 'http') {
        Stop-Command ('Basic over http would show the password to everyone on the network: ' +
            'use -UseSSL, or another -Authentication.')
    }
    $ssl = $url.Scheme -eq 'https'
    @{ Url = $url; Ssl = $ssl; Way = $way; Credential = $Bound['Credential']; Option = $option; Seconds = $seconds }
}

function Get-Link([hashtable]$Target) {
    $user = if ($Target.Credential) { $Target.Credential.UserName } else { '' }
    $key = $Target.Url.AbsoluteUri, $user, $Target.Way, [bool]$Target.Option.SkipCACheck, [bool]$Target.Option.SkipCNCheck,
        $Target.Seconds -join '|'
    $credential = Get-NetworkCredential $Target.Credential
    $link = $script:Links[$key]
    if ($link -and $link.Credential.Password -ceq $credential.Password) { return $link }
    if ($link) { Close-Link $link }
    # Without a password there is only the ticket of the one who runs this.
    $kerberos = $Target.Way -eq 'Kerberos' -or -not $Target.Credential
    $kept = if ($Target.Ssl) { [System.Runtime.CompilerServices.StrongBox[object]]::new() } else { $null }
    $script:Links[$key] = @{
        Url = $Target.Url; User = $user; Credential = $credential; Way = $Target.Way; Context = $null
        Package = if ($kerberos) { 'Kerberos' } else { 'NTLM' }
        Http = New-HttpClient $Target.Option $Target.Seconds $kept; Kept = $kept
    }
    $script:Links[$key]
}

function Clear-Context([hashtable]$Link) {
    if ($Link.Context) { $Link.Context.Dispose() }
    $Link.Context = $null
}

function Close-Link([hashtable]$Link) {
    Clear-Context $Link
    $Link.Http.Dispose()
}

# One POST as it stands. .NET does not repeat one by itself, so nothing is done twice.
function Send-Http([hashtable]$Link, [byte[]]$Body, [string]$Type, [hashtable]$Headers) {
    $request = [System.Net.Http.HttpRequestMessage]::new([System.Net.Http.HttpMethod]::Post, $Link.Url)
    $request.Content = [System.Net.Http.ByteArrayContent]::new($Body)
    $null = $request.Content.Headers.TryAddWithoutValidation('Content-Type', $Type)
    foreach ($name in $Headers.Keys) { $null = $request.Headers.TryAddWithoutValidation($name, [string]$Headers[$name]) }
    $memory = [System.IO.MemoryStream]::new()
    try {
        $response = $Link.Http.Send($request)
        $response.Content.ReadAsStream().CopyTo($memory)
    }
    catch {
        Clear-Context $Link
        Stop-Command "$($Link.Url): $($_.Exception.GetBaseException().Message)"
    }
    $contentType = $response.Content.Headers.ContentType
    $media = if ($contentType) { [string]$contentType.MediaType } else { '' }
    $challenges = @($response.Headers.WwwAuthenticate)
    $tokens = @(foreach ($challenge in $challenges) {
            if ($challenge.Scheme -eq 'Negotiate' -and $challenge.Parameter) { $challenge.Parameter } })
    @{
        Status = [int]$response.StatusCode; Type = $media; Bytes = $memory.ToArray(); Token = $tokens[0]
        Schemes = @(foreach ($challenge in $challenges) { $challenge.Scheme })
    }
}

function Connect-Link([hashtable]$Link) {
    Clear-Context $Link
    $options = [System.Net.Security.NegotiateAuthenticationClientOptions]::new()
    $options.Package = $Link.Package
    $options.TargetName = "HTTP/$($Link.Url.DnsSafeHost)"
    $options.RequiredProtectionLevel = [System.Net.Security.ProtectionLevel]::EncryptAndSign
    $options.Credential = $Link.Credential
    if ($Link.Kept) {
        # The login is bound to the certificate of the connection that it is made on, so there must be one.
        $null = Send-Http $Link ([byte[]]::new(0)) $script:EnvelopeType @{}
        $options.Binding = $Link.Kept.Value
    }
    $context = [System.Net.Security.NegotiateAuthentication]::new($options)
    $status = [System.Net.Security.NegotiateAuthenticationStatusCode]::Completed
    $incoming = ''
    $reply = $null
    try {
        do {
            $outgoing = $context.GetOutgoingBlob($incoming, [ref]$status)
            if ($status -notin 'Completed', 'ContinueNeeded') { Stop-Command (Get-LoginFailure $Link $status) }
            if (-not $outgoing) { break }
            $reply = Send-Http $Link ([byte[]]::new(0)) $script:EnvelopeType @{ Authorization = "Negotiate $outgoing" }
            $incoming = [string]$reply.Token
        } while ($incoming)
        # IsAuthenticated is true as soon as the last token has been made: only the status tells whether it was accepted.
        if ($reply.Status -eq 401 -and 'Negotiate' -notin $reply.Schemes) {
            Stop-Command "$($Link.Url) does not offer Negotiate. Use -UseSSL -Authentication Basic."
        }
        if ($reply.Status -ne 200 -or -not $context.IsAuthenticated -or -not $context.IsEncrypted) {
            Stop-Command "$($Link.Url) refused the login of '$($Link.User)' by $($Link.Package) (HTTP $($reply.Status))."
        }
        $Link.Context = $context
    }
    finally { if (-not $Link.Context) { $context.Dispose() } }
}

function Get-LoginFailure([hashtable]$Link, [object]$Status) {
    $why = ''
    if ($Link.Package -eq 'Kerberos' -and -not $Link.User) {
        $why = 'Give -Credential, or get a Kerberos ticket with kinit.'
    }
    elseif ($Link.Package -eq 'Kerberos') {
        $why = "Is the realm set up on this machine, and $($Link.Url.DnsSafeHost) the server's name in it?"
    }
    elseif ($Status -eq 'Unsupported') {
        $why = 'Import BitsWsman before anything else in the process logs in to a web server, or install gss-ntlmssp.'
    }
    "$($Link.Package) is not possible with $($Link.Url): $Status. $why".TrimEnd()
}

function Protect-Message([hashtable]$Link, [byte[]]$Plain) {
    $sealed = [System.Buffers.ArrayBufferWriter[byte]]::new()
    $encrypted = $false
    $status = $Link.Context.Wrap($Plain, $sealed, $true, [ref]$encrypted)
    if ($status -ne 'Completed' -or -not $encrypted) { Stop-Command "The message could not be sealed: $status." }
    $latin1 = [System.Text.Encoding]::Latin1
    $memory = [System.IO.MemoryStream]::new()
    $memory.Write($latin1.GetBytes(
            "$script:Boundary`r`n`tContent-Type: $script:SealProtocol`r`n" +
            "`tOriginalContent: type=$script:EnvelopeType;Length=$($Plain.Length)`r`n" +
            "$script:Boundary`r`n`tContent-Type: application/octet-stream`r`n"))
    $memory.Write([System.BitConverter]::GetBytes([int]($sealed.WrittenCount - $Plain.Length)))
    $memory.Write($sealed.WrittenMemory.ToArray())
    $memory.Write($latin1.GetBytes("$script:Boundary--`r`n"))
    , $memory.ToArray()
}

function Unprotect-Message([hashtable]$Link, [byte[]]$Body) {
    $text = [System.Text.Encoding]::Latin1.GetString($Body)
    $mark = "Content-Type: application/octet-stream`r`n"
    # Ordinal: a culture's search passes over zero bytes.
    $start = $text.IndexOf($mark, [System.StringComparison]::OrdinalIgnoreCase)
    $end = $text.LastIndexOf($script:Boundary, [System.StringComparison]::Ordinal)
    $start += $mark.Length + 4
    if ($start -lt $mark.Length + 4 -or $end -lt $start) { Stop-Command 'The sealed reply is malformed.' }
    $data = [byte[]]::new($end - $start)
    [System.Array]::Copy($Body, $start, $data, 0, $data.Length)
    $plain = [System.Buffers.ArrayBufferWriter[byte]]::new()
    $encrypted = $false
    $status = $Link.Context.Unwrap($data, $plain, [ref]$encrypted)
    if ($status -ne 'Completed' -or -not $encrypted) { Stop-Command "The reply could not be unsealed: $status." }
    , $plain.WrittenMemory.ToArray()
}

# Basic is sent unasked: where Negotiate stands beside it, .NET would never choose it.
function Send-Basic([hashtable]$Link, [hashtable]$Target, [byte[]]$Plain) {
    $pair = [System.Text.Encoding]::UTF8.GetBytes("$($Target.Credential.UserName):$($Link.Credential.Password)")
    Send-Http $Link $Plain $script:EnvelopeType @{ Authorization = 'Basic ' + [System.Convert]::ToBase64String($pair) }
}

# Over https the messages are not sealed: TLS does it.
function Send-Negotiated([hashtable]$Link, [hashtable]$Target, [byte[]]$Plain) {
    $fresh = -not $Link.Context
    if ($fresh) { Connect-Link $Link }
    $type = if ($Target.Ssl) { $script:EnvelopeType } else { $script:SealedType }
    $body = if ($Target.Ssl) { , $Plain } else { Protect-Message $Link $Plain }
    $reply = Send-Http $Link $body $type @{}
    if ($reply.Status -eq 401 -and -not $fresh) {
        # The server has ended the connection, and the context with it; nothing was executed.
        Connect-Link $Link
        $body = if ($Target.Ssl) { , $Plain } else { Protect-Message $Link $Plain }
        $reply = Send-Http $Link $body $type @{}
    }
    if ($reply.Type -eq 'multipart/encrypted') {
        try { $reply.Bytes = Unprotect-Message $Link $reply.Bytes }
        catch { Clear-Context $Link; throw }
    }
    elseif (-not $Target.Ssl) {
        # What is not sealed was not written by the server that was logged in to: it is not read.
        Clear-Context $Link
        Stop-Command "$($Link.Url) answered HTTP $($reply.Status) without a sealed message."
    }
    $reply
}

# --- messages ---------------------------------------------------------------------------

# The XML inside an element: a text that is XML already stays as it is, which is what the
# cmdlets of Windows send; anything else is escaped.
function ConvertTo-Content([object]$Value) {
    if ($null -eq $Value) { throw [System.ArgumentException]::new('A value is $null.') }
    $text = [string]$Value
    if ($text.IndexOfAny([char[]]'&<') -ge 0) {
        try {
            [System.Xml.XmlDocument]::new().LoadXml("<x>$text</x>")
            return $text
        }
        catch { $null = $_ }
    }
    ConvertTo-Escaped $text
}

function ConvertTo-Escaped([object]$Value) { [System.Security.SecurityElement]::Escape([string]$Value) }

function Resolve-ResourceUri([uri]$ResourceURI) {
    $uri = $ResourceURI.ToString()
    if ($uri -match '^(wmicimv2|cimv2)/(.*)') { "$script:Microsoft/wmi/root/cimv2/$($Matches[2])" }
    elseif ($uri -match '^wmi/(.*)') { "$script:Microsoft/wmi/$($Matches[1])" }
    elseif ($uri -match '^(winrm|wsman)/(.*)') { "$script:Microsoft/$($Matches[2])" }
    elseif ($uri -match '^shell/(.*)') { "$script:Microsoft/windows/shell/$($Matches[1])" }
    else { $uri }
}

function Get-SelectorXml([hashtable]$SelectorSet) {
    if (-not $SelectorSet -or $SelectorSet.Count -eq 0) { return '' }
    $selectors = foreach ($key in $SelectorSet.Keys) {
        "<w:Selector Name=""$(ConvertTo-Escaped $key)"">$(ConvertTo-Escaped $SelectorSet[$key])</w:Selector>"
    }
    "<w:SelectorSet>$(-join $selectors)</w:SelectorSet>"
}

function Get-OptionXml([hashtable]$OptionSet) {
    if (-not $OptionSet -or $OptionSet.Count -eq 0) { return '' }
    $options = foreach ($key in $OptionSet.Keys) {
        "<w:Option Name=""$(ConvertTo-Escaped $key)"" MustComply=""true"">$(ConvertTo-Escaped $OptionSet[$key])</w:Option>"
    }
    "<w:OptionSet xmlns:xsi=""$script:Instance"">$(-join $options)</w:OptionSet>"
}

function Get-FragmentXml([string]$Fragment, [object]$Dialect) {
    if (-not $Fragment) { return '' }
    $attribute = ''
    if ($Dialect) {
        $uri = if ("$Dialect" -eq 'xpath') { 'http://www.w3.org/TR/1999/REC-xpath-19991116' } else { "$Dialect" }
        $attribute = " Dialect=""$(ConvertTo-Escaped $uri)"""
    }
    "<w:FragmentTransfer s:mustUnderstand=""true""$attribute>$(ConvertTo-Escaped $Fragment)</w:FragmentTransfer>"
}

# -FilePath: the file's text is the body, without a declaration. ValueSet: elements of $Name.
function Get-BodyXml([hashtable]$Bound, [string]$Name, [string]$Namespace) {
    if ($Bound['FilePath']) {
        $document = [System.Xml.XmlDocument]::new()
        $document.Load((Convert-Path -LiteralPath $Bound['FilePath'] -ErrorAction Stop))
        return $document.get_DocumentElement().get_OuterXml()
    }
    $null = [System.Xml.XmlConvert]::VerifyNCName($Name)
    $children = foreach ($key in $Bound['ValueSet'].Keys) {
        $null = [System.Xml.XmlConvert]::VerifyNCName([string]$key)
        "<p:$key>$(ConvertTo-Content $Bound['ValueSet'][$key])</p:$key>"
    }
    "<p:$Name xmlns:p=""$(ConvertTo-Escaped $Namespace)"">$(-join $children)</p:$Name>"
}

# The element inside s:Body as the root of a document of its own, as the cmdlets of Windows
# return it; nothing when the body is empty.
function Send-Envelope([hashtable]$Target, [string]$Xml, [switch]$Anonymous) {
    $link = Get-Link $Target
    $plain = [System.Text.UTF8Encoding]::new($false).GetBytes($Xml)
    if ($Anonymous) {
        $reply = Send-Http $link $plain $script:EnvelopeType @{ WSMANIDENTIFY = 'unauthenticated' }
    }
    elseif ($Target.Way -eq 'Basic') { $reply = Send-Basic $link $Target $plain }
    elseif ($Target.Way -in 'Negotiate', 'Kerberos') { $reply = Send-Negotiated $link $Target $plain }
    else { Stop-Command "bitsd does not offer $($Target.Way): use Negotiate, Kerberos or Basic." }
    if ($reply.Status -eq 401) { Stop-Command "$($link.Url) refused the login of '$($link.User)' (HTTP 401)." }
    $document = [System.Xml.XmlDocument]::new()
    try { $document.LoadXml([System.Text.Encoding]::UTF8.GetString($reply.Bytes)) }
    catch { Stop-Command "$($link.Url) answered HTTP $($reply.Status) without a SOAP message." }
    $names = [System.Xml.XmlNamespaceManager]::new($document.get_NameTable())
    $names.AddNamespace('s', $script:Soap)
    $names.AddNamespace('f', "$script:Microsoft/wsmanfault")
    $fault = $document.SelectSingleNode('/s:Envelope/s:Body/s:Fault', $names)
    if ($fault) {
        $text = $fault.SelectSingleNode('s:Reason/s:Text', $names)
        $detail = $fault.SelectSingleNode('s:Detail/f:WSManFault', $names)
        Stop-Command $(if ($text) { $text.get_InnerText() }) $(if ($detail) { $detail.get_OuterXml() })
    }
    $node = $document.SelectSingleNode('/s:Envelope/s:Body/*', $names)
    if ($node) { ConvertTo-OwnElement $node }
}

function ConvertTo-OwnElement([System.Xml.XmlNode]$Node) {
    $own = [System.Xml.XmlDocument]::new()
    $own.LoadXml($Node.get_OuterXml())
    , $own.get_DocumentElement()
}

function Send-Request([hashtable]$Bound, [string]$Action, [string]$Body) {
    $target = Get-Target $Bound
    $headers = -join @(
        "<a:To>$(ConvertTo-Escaped $target.Url.AbsoluteUri)</a:To>"
        "<w:ResourceURI s:mustUnderstand=""true"">$(ConvertTo-Escaped (Resolve-ResourceUri $Bound['ResourceURI']))</w:ResourceURI>"
        "<a:ReplyTo><a:Address s:mustUnderstand=""true"">$script:Addressing/role/anonymous</a:Address></a:ReplyTo>"
        "<a:Action s:mustUnderstand=""true"">$(ConvertTo-Escaped $Action)</a:Action>"
        '<w:MaxEnvelopeSize s:mustUnderstand="true">512000</w:MaxEnvelopeSize>'
        "<a:MessageID>uuid:$([guid]::NewGuid().ToString().ToUpperInvariant())</a:MessageID>"
        '<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>'
        Get-FragmentXml $Bound['Fragment'] $Bound['Dialect']
        Get-SelectorXml $Bound['SelectorSet']
        Get-OptionXml $Bound['OptionSet']
        "<w:OperationTimeout>PT$($target.Seconds).000S</w:OperationTimeout>")
    Send-Envelope $target (
        "<s:Envelope xmlns:s=""$script:Soap"" xmlns:a=""$script:Addressing"" xmlns:w=""$script:Wsman""" +
        " xmlns:n=""$script:Enumeration"" xmlns:b=""$script:Binding"">" +
        "<s:Header>$headers</s:Header><s:Body>$Body</s:Body></s:Envelope>")
}

# --- enumeration ------------------------------------------------------------------------

function Get-FilterXml([hashtable]$Bound) {
    if (-not $Bound['Filter']) { return '' }
    $dialect = if ($Bound['Dialect']) { $Bound['Dialect'].ToString() } else { 'wql' }
    $content = ConvertTo-Escaped $Bound['Filter']
    if ($dialect -eq 'wql') { $dialect = "$script:Microsoft/WQL" }
    elseif ($dialect -eq 'selector') {
        $dialect = "$script:Wsman" -replace '\.xsd$', '/SelectorFilter'
        $content = Get-SelectorXml (ConvertFrom-Filter $Bound['Filter'])
    }
    elseif ($dialect -eq 'association') {
        $dialect = "$script:Binding" -replace '\.xsd$', '/associationFilter'
        $content = Get-AssociationXml (ConvertFrom-Filter $Bound['Filter']) ([bool]$Bound['Associations'])
    }
    "<w:Filter Dialect=""$(ConvertTo-Escaped $dialect)"">$content</w:Filter>"
}

# {Name=value;Other="value"} as a hashtable.
function ConvertFrom-Filter([string]$Filter) {
    $pairs = @{}
    foreach ($pair in $Filter.Trim().TrimStart([char]'{').TrimEnd([char]'}').Split([char]';')) {
        if (-not $pair.Trim()) { continue }
        $name, $value = $pair.Split([char]'=', 2)
        if ($null -eq $value) {
            throw [System.ArgumentException]::new("The filter '$Filter' is not of the form {Name=value;Name=value}.")
        }
        $value = $value.Trim()
        if ($value -match '^"(.*)"$' -or $value -match "^'(.*)'$") { $value = $Matches[1] }
        $pairs[$name.Trim()] = $value
    }
    $pairs
}

# Object=URI?Name=value+Name=value, and what narrows the result.
function Get-AssociationXml([hashtable]$Filter, [bool]$Associations) {
    if (-not $Filter['Object']) { throw [System.ArgumentException]::new('An association filter needs Object=URI?Name=value.') }
    $uri, $query = $Filter['Object'].Split([char]'?', 2)
    $selectors = @{}
    foreach ($pair in "$query".Split([char]'+')) {
        if (-not $pair) { continue }
        $name, $value = $pair.Split([char]'=', 2)
        $selectors[$name] = $value
    }
    $element = if ($Associations) { 'b:AssociationInstances' } else { 'b:AssociatedInstances' }
    $more = foreach ($name in 'AssociationClassName', 'Role', 'ResultClassName', 'ResultRole') {
        if ($Filter[$name]) { "<b:$name>$(ConvertTo-Escaped $Filter[$name])</b:$name>" }
    }
    "<$element><b:Object><a:Address>$script:Addressing/role/anonymous</a:Address><a:ReferenceParameters><w:ResourceURI>" +
    "$(ConvertTo-Escaped (Resolve-ResourceUri $uri))</w:ResourceURI>$(Get-SelectorXml $selectors)</a:ReferenceParameters></b:Object>" +
    "$(-join $more)</$element>"
}

function Get-EnumerateXml([hashtable]$Bound) {
    $mode = switch ($Bound['ReturnType']) {
        'epr' { '<w:EnumerationMode>EnumerateEPR</w:EnumerationMode>' }
        'objectandepr' { '<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>' }
        default { '' }
    }
    $depth = ''
    if ($Bound['Shallow']) { $depth = '<b:PolymorphismMode>None</b:PolymorphismMode>' }
    elseif ($Bound['BasePropertiesOnly']) {
        $depth = '<b:PolymorphismMode>ExcludeSubClassProperties</b:PolymorphismMode>'
    }
    $filter = Get-FilterXml $Bound
    "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>500</w:MaxElements>$filter$mode$depth</n:Enumerate>"
}

# Writes every item as an element of its own.
function Read-Enumeration([hashtable]$Bound) {
    $reply = Send-Request $Bound "$script:Enumeration/Enumerate" (Get-EnumerateXml $Bound)
    while ($reply) {
        $context = ''
        $items = $null
        foreach ($child in $reply.get_ChildNodes()) {
            if ($child.get_LocalName() -eq 'EnumerationContext') { $context = $child.get_InnerText() }
            elseif ($child.get_LocalName() -eq 'Items') { $items = $child }
        }
        if ($items) {
            foreach ($item in $items.get_ChildNodes()) {
                if ($item -is [System.Xml.XmlElement]) { ConvertTo-OwnElement $item }
            }
        }
        if (-not $context) { break }
        $reply = Send-Request $Bound "$script:Enumeration/Pull" (
            "<n:Pull><n:EnumerationContext>$(ConvertTo-Escaped $context)</n:EnumerationContext><n:MaxElements>500</n:MaxElements></n:Pull>")
    }
}

# --- the commands -----------------------------------------------------------------------

function Invoke-WSManAction {
    <#
    .SYNOPSIS
    Calls a method of a class or of an instance.
    .DESCRIPTION
    Sends WS-Transfer's Invoke to the class or instance and writes the method's output as an element, whose
    children are properties: $result.JobId, $result.ReturnValue.
    .EXAMPLE
    Invoke-WSManAction -Action CreateJob -ResourceURI wmi/root/microsoft/bits/BitsClientJob -ComputerName client1 `
        -Credential alice -ValueSet @{ DisplayName = 'one'; RemoteUrl = 'https://server01/one.txt'; LocalFile = 'C:\dir\one.txt'; Type = 0 }
    .EXAMPLE
    Invoke-WSManAction -Action SetJobState -ResourceURI wmi/root/microsoft/bits/BitsClientJob -ComputerName client1 `
        -Credential alice -SelectorSet @{ JobId = $result.JobId } -ValueSet @{ JobState = 2 }
    #>
    [CmdletBinding()]
    param(
        # The class: wmi/root/microsoft/bits/BitsClientJob, or its full URI.
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)][Alias('ruri')][uri]$ResourceURI,
        # The method: CreateJob, AddFile, SetJobState, GetError.
        [Parameter(Mandatory, Position = 1)][string]$Action,
        # Which instance: @{ JobId = '{...}' }.
        [Parameter(Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)][hashtable]$SelectorSet,
        # The arguments, or the values.
        [hashtable]$ValueSet,
        # A file whose XML is sent in place of -ValueSet.
        [Alias('Path')][string]$FilePath,
        # Options for the service; bitsd ignores them.
        [Alias('os')][hashtable]$OptionSet,
        # The host, by name or address. Default: localhost.
        [Alias('cn')][string]$ComputerName,
        # The port. Default: 5985, and 5986 with -UseSSL.
        [ValidateRange(1, 65535)][int]$Port,
        # Use https.
        [Alias('ssl')][switch]$UseSSL,
        # The path of the URL. Default: wsman.
        [string]$ApplicationName,
        # The whole URL, in place of ComputerName, Port, UseSSL and ApplicationName.
        [Alias('curi', 'cu')][uri]$ConnectionURI,
        # User and password. Without it the Kerberos ticket of the one who runs the command is used.
        [Alias('cred', 'c')][pscredential]$Credential,
        # Default and Negotiate are NTLM with -Credential and Kerberos without; Basic needs https.
        [ValidateSet('None', 'Default', 'Digest', 'Negotiate', 'Basic', 'Kerberos', 'ClientCertificate', 'Credssp')]
        [Alias('auth', 'am')][string]$Authentication,
        # What New-WSManSessionOption made.
        [Alias('so')][object]$SessionOption,
        # Not offered: the command says so.
        [string]$CertificateThumbprint
    )
    process {
        try {
            $uri = Resolve-ResourceUri $ResourceURI
            Send-Request $PSBoundParameters "$uri/$Action" (Get-BodyXml $PSBoundParameters "${Action}_INPUT" $uri)
        }
        catch { $PSCmdlet.ThrowTerminatingError((Get-Failure $_ $ResourceURI)) }
    }
}

function Get-WSManInstance {
    <#
    .SYNOPSIS
    Reads an instance, or all instances of a class.
    .DESCRIPTION
    Writes the instance as an element, whose children are properties: $job.State. With -Enumerate it writes one
    element for each instance.
    .EXAMPLE
    Get-WSManInstance -ResourceURI wmi/root/microsoft/bits/BitsClientJob -SelectorSet @{ JobId = $result.JobId } `
        -ComputerName client1 -Credential alice
    .EXAMPLE
    Get-WSManInstance -ResourceURI wmi/root/microsoft/bits/* -Enumerate -ComputerName client1 -Credential alice `
        -Filter 'SELECT * FROM BitsClientJob WHERE State = 6'
    .EXAMPLE
    Get-WSManInstance -ResourceURI wmi/root/microsoft/bits/BitsClientJob -Enumerate -Dialect selector -Filter '{Priority=0}' `
        -UseSSL -Authentication Basic -ComputerName client1 -Credential alice
    #>
    [CmdletBinding(DefaultParameterSetName = 'GetInstance')]
    param(
        # The class: wmi/root/microsoft/bits/BitsClientJob, or its full URI.
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)][Alias('ruri')][uri]$ResourceURI,
        # Which instance: @{ JobId = '{...}' }.
        [Parameter(ParameterSetName = 'GetInstance', ValueFromPipeline, ValueFromPipelineByPropertyName)][hashtable]$SelectorSet,
        # A part of the instance: a property's name, Name/text(), Files[1].
        [Parameter(ParameterSetName = 'GetInstance')][string]$Fragment,
        # What -Fragment (xpath) or -Filter (wql, selector, association) is written in, or its URI.
        [uri]$Dialect,
        # Options for the service; bitsd ignores them.
        [Alias('os')][hashtable]$OptionSet,
        # All instances.
        [Parameter(Mandatory, ParameterSetName = 'Enumerate')][switch]$Enumerate,
        # Which of them: a WQL query unless -Dialect says something else.
        [Parameter(ParameterSetName = 'Enumerate')][string]$Filter,
        # Instances, their addresses, or both.
        [Parameter(ParameterSetName = 'Enumerate')][ValidateSet('object', 'epr', 'objectandepr')][Alias('rt')]
        [string]$ReturnType = 'object',
        # Instances of the class itself only.
        [Parameter(ParameterSetName = 'Enumerate')][switch]$Shallow,
        # No properties of derived classes.
        [Parameter(ParameterSetName = 'Enumerate')][Alias('ubpo', 'base')][switch]$BasePropertiesOnly,
        # With -Dialect association: the associations in place of what they lead to.
        [Parameter(ParameterSetName = 'Enumerate')][switch]$Associations,
        # The host, by name or address. Default: localhost.
        [Alias('cn')][string]$ComputerName,
        # The port. Default: 5985, and 5986 with -UseSSL.
        [ValidateRange(1, 65535)][int]$Port,
        # Use https.
        [Alias('ssl')][switch]$UseSSL,
        # The path of the URL. Default: wsman.
        [string]$ApplicationName,
        # The whole URL, in place of ComputerName, Port, UseSSL and ApplicationName.
        [Alias('curi', 'cu')][uri]$ConnectionURI,
        # User and password. Without it the Kerberos ticket of the one who runs the command is used.
        [Alias('cred', 'c')][pscredential]$Credential,
        # Default and Negotiate are NTLM with -Credential and Kerberos without; Basic needs https.
        [ValidateSet('None', 'Default', 'Digest', 'Negotiate', 'Basic', 'Kerberos', 'ClientCertificate', 'Credssp')]
        [Alias('auth', 'am')][string]$Authentication,
        # What New-WSManSessionOption made.
        [Alias('so')][object]$SessionOption,
        # Not offered: the command says so.
        [string]$CertificateThumbprint
    )
    process {
        try {
            if ($Enumerate) { Read-Enumeration $PSBoundParameters }
            else { Send-Request $PSBoundParameters "$script:Transfer/Get" '' }
        }
        catch {
            # The cmdlet of Windows reports a failed enumeration twice: its text, then its XML.
            $text = $_.Exception.Data['Text']
            if ($Enumerate -and $text -and $text -cne $_.Exception.Message) {
                $PSCmdlet.WriteError((Get-Failure $_ $ResourceURI -PlainText))
            }
            $PSCmdlet.ThrowTerminatingError((Get-Failure $_ $ResourceURI))
        }
    }
}

function Set-WSManInstance {
    <#
    .SYNOPSIS
    Changes properties of an instance.
    .DESCRIPTION
    Reads the instance, changes the properties of -ValueSet, whose names must be spelled as in the instance, and
    sends the whole of it back. Writes the instance after the change.
    .EXAMPLE
    Set-WSManInstance -ResourceURI wmi/root/microsoft/bits/BitsClientJob -SelectorSet @{ JobId = $result.JobId } `
        -ValueSet @{ Priority = 0 } -ComputerName client1 -Credential alice
    #>
    [CmdletBinding()]
    param(
        # The class: wmi/root/microsoft/bits/BitsClientJob, or its full URI.
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)][Alias('ruri')][uri]$ResourceURI,
        # Which instance: @{ JobId = '{...}' }.
        [Parameter(Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)][hashtable]$SelectorSet,
        # The arguments, or the values.
        [hashtable]$ValueSet,
        # A file whose XML is sent in place of -ValueSet.
        [Alias('Path')][string]$FilePath,
        # A part of the instance: a property's name, Name/text(), Files[1].
        [string]$Fragment,
        # What -Fragment is written in: xpath, or a URI.
        [uri]$Dialect,
        # Options for the service; bitsd ignores them.
        [Alias('os')][hashtable]$OptionSet,
        # The host, by name or address. Default: localhost.
        [Alias('cn')][string]$ComputerName,
        # The port. Default: 5985, and 5986 with -UseSSL.
        [ValidateRange(1, 65535)][int]$Port,
        # Use https.
        [Alias('ssl')][switch]$UseSSL,
        # The path of the URL. Default: wsman.
        [string]$ApplicationName,
        # The whole URL, in place of ComputerName, Port, UseSSL and ApplicationName.
        [Alias('curi', 'cu')][uri]$ConnectionURI,
        # User and password. Without it the Kerberos ticket of the one who runs the command is used.
        [Alias('cred', 'c')][pscredential]$Credential,
        # Default and Negotiate are NTLM with -Credential and Kerberos without; Basic needs https.
        [ValidateSet('None', 'Default', 'Digest', 'Negotiate', 'Basic', 'Kerberos', 'ClientCertificate', 'Credssp')]
        [Alias('auth', 'am')][string]$Authentication,
        # What New-WSManSessionOption made.
        [Alias('so')][object]$SessionOption,
        # Not offered: the command says so.
        [string]$CertificateThumbprint
    )
    process {
        try {
            if ($FilePath) { $body = Get-BodyXml $PSBoundParameters '' '' }
            else {
                $document = Send-Request $PSBoundParameters "$script:Transfer/Get" ''
                foreach ($key in $ValueSet.Keys) { Set-ChildText $document $key $ValueSet[$key] $ResourceURI }
                $body = $document.get_OuterXml()
            }
            Send-Request $PSBoundParameters "$script:Transfer/Put" $body
        }
        catch { $PSCmdlet.ThrowTerminatingError((Get-Failure $_ $ResourceURI)) }
    }
}

# The one child of this name, in this case, that holds text only.
function Set-ChildText([System.Xml.XmlElement]$Document, [string]$Name, [object]$Value, [uri]$ResourceURI) {
    $found = @(foreach ($child in $Document.get_ChildNodes()) { if ($child.get_LocalName() -ceq $Name) { $child } })
    if ($found.Count -eq 0) {
        throw [System.ArgumentException]::new(
            "The name $Name does not match any property of $ResourceURI. Names are compared with their case.")
    }
    if ($found.Count -gt 1) {
        throw [System.ArgumentException]::new("The name $Name matches $($found.Count) properties of $ResourceURI.")
    }
    foreach ($inner in $found[0].get_ChildNodes()) {
        if ($inner -is [System.Xml.XmlElement]) {
            throw [System.ArgumentException]::new("The property $Name of $ResourceURI is not a text.")
        }
    }
    $found[0].RemoveAttribute('nil', $script:Instance)
    $found[0].set_InnerText([string]$Value)
}

function New-WSManInstance {
    <#
    .SYNOPSIS
    Makes an instance of a class.
    .DESCRIPTION
    Sends WS-Transfer's Create. bitsd refuses it for BitsClientJob: jobs are made by the method CreateJob
    (Invoke-WSManAction).
    .EXAMPLE
    New-WSManInstance -ResourceURI winrm/config/listener -SelectorSet @{ Address = '*'; Transport = 'HTTPS' } `
        -ValueSet @{ Port = 5986 } -ComputerName client1 -Credential alice
    #>
    [CmdletBinding()]
    param(
        # The class: wmi/root/microsoft/bits/BitsClientJob, or its full URI.
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)][Alias('ruri')][uri]$ResourceURI,
        # Which instance: @{ JobId = '{...}' }.
        [Parameter(Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)][hashtable]$SelectorSet,
        # The arguments, or the values.
        [hashtable]$ValueSet,
        # A file whose XML is sent in place of -ValueSet.
        [Alias('Path')][string]$FilePath,
        # Options for the service; bitsd ignores them.
        [Alias('os')][hashtable]$OptionSet,
        # The host, by name or address. Default: localhost.
        [Alias('cn')][string]$ComputerName,
        # The port. Default: 5985, and 5986 with -UseSSL.
        [ValidateRange(1, 65535)][int]$Port,
        # Use https.
        [Alias('ssl')][switch]$UseSSL,
        # The path of the URL. Default: wsman.
        [string]$ApplicationName,
        # The whole URL, in place of ComputerName, Port, UseSSL and ApplicationName.
        [Alias('curi', 'cu')][uri]$ConnectionURI,
        # User and password. Without it the Kerberos ticket of the one who runs the command is used.
        [Alias('cred', 'c')][pscredential]$Credential,
        # Default and Negotiate are NTLM with -Credential and Kerberos without; Basic needs https.
        [ValidateSet('None', 'Default', 'Digest', 'Negotiate', 'Basic', 'Kerberos', 'ClientCertificate', 'Credssp')]
        [Alias('auth', 'am')][string]$Authentication,
        # What New-WSManSessionOption made.
        [Alias('so')][object]$SessionOption,
        # Not offered: the command says so.
        [string]$CertificateThumbprint
    )
    process {
        try {
            $uri = Resolve-ResourceUri $ResourceURI
            $body = Get-BodyXml $PSBoundParameters ($uri -replace '^.*/', '') $uri
            Send-Request $PSBoundParameters "$script:Transfer/Create" $body
        }
        catch { $PSCmdlet.ThrowTerminatingError((Get-Failure $_ $ResourceURI -PlainText)) }
    }
}

function Remove-WSManInstance {
    <#
    .SYNOPSIS
    Deletes an instance.
    .DESCRIPTION
    Sends WS-Transfer's Delete. bitsd cancels the job.
    .EXAMPLE
    Remove-WSManInstance -ResourceURI wmi/root/microsoft/bits/BitsClientJob -SelectorSet @{ JobId = $job.JobId } `
        -ComputerName client1 -Credential alice
    #>
    [CmdletBinding()]
    param(
        # The class: wmi/root/microsoft/bits/BitsClientJob, or its full URI.
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)][Alias('ruri')][uri]$ResourceURI,
        # Which instance: @{ JobId = '{...}' }.
        [Parameter(Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)][hashtable]$SelectorSet,
        # Options for the service; bitsd ignores them.
        [Alias('os')][hashtable]$OptionSet,
        # The host, by name or address. Default: localhost.
        [Alias('cn')][string]$ComputerName,
        # The port. Default: 5985, and 5986 with -UseSSL.
        [ValidateRange(1, 65535)][int]$Port,
        # Use https.
        [Alias('ssl')][switch]$UseSSL,
        # The path of the URL. Default: wsman.
        [string]$ApplicationName,
        # The whole URL, in place of ComputerName, Port, UseSSL and ApplicationName.
        [Alias('curi', 'cu')][uri]$ConnectionURI,
        # User and password. Without it the Kerberos ticket of the one who runs the command is used.
        [Alias('cred', 'c')][pscredential]$Credential,
        # Default and Negotiate are NTLM with -Credential and Kerberos without; Basic needs https.
        [ValidateSet('None', 'Default', 'Digest', 'Negotiate', 'Basic', 'Kerberos', 'ClientCertificate', 'Credssp')]
        [Alias('auth', 'am')][string]$Authentication,
        # What New-WSManSessionOption made.
        [Alias('so')][object]$SessionOption,
        # Not offered: the command says so.
        [string]$CertificateThumbprint
    )
    process {
        try { Send-Request $PSBoundParameters "$script:Transfer/Delete" '' }
        catch { $PSCmdlet.ThrowTerminatingError((Get-Failure $_ $ResourceURI -PlainText)) }
    }
}

function Test-WSMan {
    <#
    .SYNOPSIS
    Asks whether a host answers WS-Management.
    .DESCRIPTION
    Writes who answers: $r.ProductVendor, $r.ProductVersion. Without -Authentication nobody logs in, and the answer
    says nothing about the host, also when -Credential is given; with it the account is tried.
    .EXAMPLE
    Test-WSMan client1
    .EXAMPLE
    Test-WSMan client1 -Credential alice -Authentication Negotiate
    #>
    [CmdletBinding()]
    param(

        # The host, by name or address. Default: localhost.
        [Parameter(Position = 0, ValueFromPipeline)][Alias('cn')][string]$ComputerName,
        # The port. Default: 5985, and 5986 with -UseSSL.
        [ValidateRange(1, 65535)][int]$Port,
        # Use https.
        [Alias('ssl')][switch]$UseSSL,
        # The path of the URL. Default: wsman.
        [string]$ApplicationName,
        # The whole URL, in place of ComputerName, Port, UseSSL and ApplicationName.
        [Alias('curi', 'cu')][uri]$ConnectionURI,
        # User and password. Without it the Kerberos ticket of the one who runs the command is used.
        [Alias('cred', 'c')][pscredential]$Credential,
        # Default and Negotiate are NTLM with -Credential and Kerberos without; Basic needs https.
        [ValidateSet('None', 'Default', 'Digest', 'Negotiate', 'Basic', 'Kerberos', 'ClientCertificate', 'Credssp')]
        [Alias('auth', 'am')][string]$Authentication,
        # What New-WSManSessionOption made.
        [Alias('so')][object]$SessionOption,
        # Not offered: the command says so.
        [string]$CertificateThumbprint
    )
    process {
        try {
            $target = Get-Target $PSBoundParameters
            $xml = "<s:Envelope xmlns:s=""$script:Soap"" xmlns:wsmid=""$script:Identity"">" +
                '<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>'
            Send-Envelope $target $xml -Anonymous:($Authentication -in '', 'None')
        }
        catch { $PSCmdlet.ThrowTerminatingError((Get-Failure $_ $ComputerName)) }
    }
}

function New-WSManSessionOption {
    <#
    .SYNOPSIS
    Makes what -SessionOption takes.
    .DESCRIPTION
    How long an operation may take, and what is not checked of a server's certificate. Without the certificate's
    checks anybody on the way can read the password and everything else.
    .EXAMPLE
    $lab = New-WSManSessionOption -SkipCACheck -SkipCNCheck
    Test-WSMan client1 -UseSSL -SessionOption $lab -Credential alice -Authentication Basic
    #>
    [CmdletBinding()]
    param(
        # Take a certificate whose issuer nobody here trusts. It must still be in date.
        [switch]$SkipCACheck,
        # Take a certificate for another name.
        [switch]$SkipCNCheck,
        # Revocation is not checked in any case.
        [switch]$SkipRevocationCheck,
        # Milliseconds for an operation. Default: 60000.
        [Alias('OperationTimeoutMSec')][ValidateRange(1, 2147483647)][int]$OperationTimeout = 60000
    )
    [pscustomobject]@{
        PSTypeName = 'BitsWsman.SessionOption'
        SkipCACheck = [bool]$SkipCACheck; SkipCNCheck = [bool]$SkipCNCheck
        SkipRevocationCheck = [bool]$SkipRevocationCheck; OperationTimeout = $OperationTimeout
    }
}

# A module that goes closes its connections.
$ExecutionContext.SessionState.Module.OnRemove = {
    foreach ($link in @($script:Links.Values)) { Close-Link $link }
    $script:Links.Clear()
}

Export-ModuleMember -Function @(
    'Invoke-WSManAction', 'Get-WSManInstance', 'Set-WSManInstance', 'New-WSManInstance', 'Remove-WSManInstance',
    'Test-WSMan', 'New-WSManSessionOption')
