#include "engine/transfer/curl_exchange.h"

#include <algorithm>
#include <new>
#include <string_view>

#include "engine/text.h"
#include "engine/transfer/curl_errors.h"
#include "engine/transfer/curl_trust.h"
#include "engine/transfer/http_fields.h"

namespace engine::transfer {
namespace {

constexpr long kLargeBufferBytes = 512 * 1024;
constexpr long kSmallBufferBytes = 16 * 1024;
constexpr long kSendBufferBytes = 256 * 1024;

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  const std::size_t length = size * count;
  const auto flow = static_cast<ExchangeObserver*>(user)->OnHeaderLine({data, length});
  return flow == ExchangeObserver::Flow::kContinue ? length : 0;
}

std::size_t OnWrite(char* data, std::size_t size, std::size_t count, void* user) {
  const std::span<const char> bytes(data, size * count);
  switch (static_cast<ExchangeObserver*>(user)->OnBody(std::as_bytes(bytes))) {
    case ExchangeObserver::Flow::kContinue:
      return bytes.size();
    case ExchangeObserver::Flow::kPause:
      return CURL_WRITEFUNC_PAUSE;
    case ExchangeObserver::Flow::kAbort:
      break;
  }
  return CURL_WRITEFUNC_ERROR;
}

std::size_t OnRead(char* data, std::size_t size, std::size_t count, void* user) {
  const std::span<char> room(data, size * count);
  const auto given = static_cast<RequestBody*>(user)->Give(std::as_writable_bytes(room));
  switch (given.flow) {
    case ExchangeObserver::Flow::kContinue:
      return given.bytes;
    case ExchangeObserver::Flow::kPause:
      return CURL_READFUNC_PAUSE;
    case ExchangeObserver::Flow::kAbort:
      break;
  }
  return CURL_READFUNC_ABORT;
}

int OnSeek(void* user, curl_off_t offset, int origin) {
  if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  static_cast<RequestBody*>(user)->Rewind();
  return CURL_SEEKFUNC_OK;
}

unsigned long SchemeBits(AuthScheme scheme) {
  switch (scheme) {
    case AuthScheme::kBasic:
      return CURLAUTH_BASIC;
    case AuthScheme::kDigest:
      return CURLAUTH_DIGEST;
    case AuthScheme::kNtlm:
    case AuthScheme::kNegotiate:  // route.cc says why
      return CURLAUTH_NTLM;
    case AuthScheme::kPassport:
      break;
  }
  return CURLAUTH_NONE;
}

// libcurl makes UTF-16 for NTLM out of each byte as if it were one character.
// Texts up to U+00FF survive that as Latin-1; others are refused early (access.cc).
SecretText ForScheme(AuthScheme scheme, const SecretText& text) {
  if (SchemeBits(scheme) != CURLAUTH_NTLM) return text;
  std::string latin;
  latin.reserve(text.text().size());
  std::string_view rest = text.text();
  while (const std::optional<CodePoint> next = FirstCodePoint(rest)) {
    latin += static_cast<char>(static_cast<unsigned char>(next->value));
    rest.remove_prefix(next->bytes);
  }
  return SecretText::TakeFrom(latin);
}

// Whether one of `lines` is the field `name`.
bool Sets(const std::vector<std::string>& lines, std::string_view name) {
  return std::any_of(lines.begin(), lines.end(), [name](const std::string& line) {
    return line.size() > name.size() && line[name.size()] == ':' &&
           EqualsIgnoringCase(std::string_view(line).substr(0, name.size()), name);
  });
}

bool Has(const std::vector<HeaderLine>* lines, std::string_view name) {
  return lines != nullptr && std::any_of(lines->begin(), lines->end(), [&](const auto& line) {
           return EqualsIgnoringCase(line.name, name);
         });
}

// libcurl takes "Name:" for an order to leave a header of its own out, and sends
// "Name;" as the header without a value.
SecretText ForCurl(const HeaderLine& header) {
  const std::string& line = header.line.text();
  const bool empty = TrimBlanks(std::string_view(line).substr(header.name.size() + 1)).empty();
  return empty ? SecretText(header.name + ";") : header.line;
}

}  // namespace

Exchange::Impl::Impl(CURLM* multi, CurlSockets& sockets,
                     std::unique_ptr<CurlPools::Lease> connections, const TransferOptions& options,
                     const ExchangeRequest& request, ExchangeObserver& observer)
    : multi_(multi),
      sockets_(sockets),
      connections_(std::move(connections)),
      easy_(curl_easy_init()),
      observer_(observer),
      through_proxy_(!request.route.proxy.empty()) {
  SetRequest(request);
  SetRules(options);
  SetRoute(request.route, options);
  SetObserver();
}

Exchange::Impl::~Impl() { curl_multi_remove_handle(multi_, easy_.get()); }

bool Exchange::Impl::Begin() { return curl_multi_add_handle(multi_, easy_.get()) == CURLM_OK; }

// --- while it runs ------------------------------------------------------------

curl_socket_t Exchange::Impl::OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  auto* const self = static_cast<Impl*>(user);
  if (self->sockets_.IsDenied(*address)) {
    self->denied_ = true;
    return CURL_SOCKET_BAD;
  }
  self->opened_ = true;
  return self->sockets_.Open(*address);
}

// libcurl tells the ports of a running exchange's connection, but not its socket
// (CURLINFO_ACTIVESOCKET is of the exchange before).
int Exchange::Impl::OnPrerequest(void* user, char*, char*, int peer_port, int local_port) {
  auto* const self = static_cast<Impl*>(user);
  self->peer_port_ = peer_port;
  self->local_port_ = local_port;
  if (!self->TakesConnection()) return CURL_PREREQFUNC_ABORT;
  self->sent_ = true;
  self->observer_.OnSent();
  return CURL_PREREQFUNC_OK;
}

// What lies in a used connection before the request is sent cannot be its reply:
// the server sent more than the reply before said, or has ended the connection.
bool Exchange::Impl::TakesConnection() {
  const bool used = !opened_ || sent_;
  const auto socket = used ? Socket() : std::nullopt;
  surplus_ = socket && HasInput(*socket);
  return !surplus_;
}

void Exchange::Impl::Done(CURLcode code) {
  if (surplus_ && BeginAgain()) return;
  ExchangeResult result;
  result.complete = code == CURLE_OK;
  if (!result.complete) Explain(code, result);
  observer_.OnDone(result);  // destroys this, maybe
}

// On a connection of its own; once is enough.
bool Exchange::Impl::BeginAgain() {
  surplus_ = false;
  if (fresh_) return false;
  fresh_ = true;
  sent_ = false;
  local_port_ = 0;
  curl_multi_remove_handle(multi_, easy_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_FRESH_CONNECT, 1L);
  return Begin();
}

Offers Exchange::Impl::OffersOf(AuthTarget target) const {
  long bits = 0;
  const CURLINFO what =
      target == AuthTarget::kProxy ? CURLINFO_PROXYAUTH_AVAIL : CURLINFO_HTTPAUTH_AVAIL;
  if (curl_easy_getinfo(easy_.get(), what, &bits) != CURLE_OK) return {};
  const auto offered = static_cast<unsigned long>(bits);
  return {(offered & CURLAUTH_BASIC) != 0, (offered & CURLAUTH_DIGEST) != 0,
          (offered & CURLAUTH_NTLM) != 0};
}

void Exchange::Impl::Explain(CURLcode code, ExchangeResult& result) {
  const char* text = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  const CurlFailure failure = FailureOf(code, easy_.get(), text);
  result.error = Error{failure.code, ErrorContext::kGeneralTransport, text};
  result.recoverable = failure.recoverable;
  if (denied_ && !opened_) {
    result.error = Error{HResult::kAccessDenied, ErrorContext::kGeneralTransport,
                         "the name leads to an address of transfers.denied_addresses"};
    result.recoverable = false;
  }
  if (!through_proxy_) return;
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &status);
  if (status >= 300) result.tunnel_status = static_cast<int>(status);
  curl_off_t connected = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connected);
  const bool no_address = code == CURLE_COULDNT_RESOLVE_PROXY;
  const bool no_answer = code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
  result.proxy_unreachable = no_address || (no_answer && connected == 0);
}

// --- what is asked for --------------------------------------------------------

void Exchange::Impl::SetRequest(const ExchangeRequest& request) {
  CURL* easy = easy_.get();
  if (request.body != nullptr)
    SetBody(request.method, *request.body);
  else
    SetMethod(request.method);
  SetHeaders(request);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, request.large ? kLargeBufferBytes : kSmallBufferBytes);
  if (request.deadline) {
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline->count()));
  }
}

void Exchange::Impl::SetMethod(const std::string& method) {
  CURL* easy = easy_.get();
  if (method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (method == "GET" || method == "HEAD") return;
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  // libcurl sends a request once more when a used connection turns out to be dead,
  // and nobody knows what a method of this kind does the second time.
  fresh_ = true;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  // Servers may wait for a body where none is ruled out (RFC 9110 8.6).
  for (const char* wants_length : {"POST", "PUT", "PATCH"}) {
    if (method == wants_length) Append("Content-Length: 0");
  }
}

void Exchange::Impl::SetBody(const std::string& method, RequestBody& body) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &OnRead);
  curl_easy_setopt(easy, CURLOPT_READDATA, &body);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &OnSeek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, &body);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBufferBytes);
  Append("Expect:");  // waiting for a 100 is a round trip for each body
}

void Exchange::Impl::SetHeaders(const ExchangeRequest& request) {
  for (const std::string& line : request.headers) Append(line.c_str());
  const std::vector<HeaderLine>* const custom = request.route.headers;
  if (!Has(custom, "Accept")) Append("Accept: */*");
  Append("Accept-Encoding: identity");
  if (custom == nullptr) return;
  for (const HeaderLine& header : *custom) {
    const bool replaced = request.route.server_credential != nullptr &&
                          EqualsIgnoringCase(header.name, "Authorization");
    const bool ours = request.body != nullptr && Sets(request.headers, header.name);
    if (!replaced && !ours) Append(ForCurl(header).text().c_str());
  }
}

void Exchange::Impl::SetRules(const TransferOptions& options) {
  CURL* easy = easy_.get();
  const std::chrono::milliseconds connect_timeout = options.connect_timeout;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
}

void Exchange::Impl::SetRoute(const RequestRoute& route, const TransferOptions& options) {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_SHARE, connections_->share());
  // The environment of whoever started the daemon is no configuration: an
  // empty text means no proxy whatever it says.
  curl_easy_setopt(easy, CURLOPT_PROXY, route.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  // Headers for the server are not for the proxy that makes a tunnel to it.
  curl_easy_setopt(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  SetTrust(easy, route.security_flags, route.proxy.starts_with("https:"), options);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
  }
  if (const Credential* server = route.server_credential) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, SchemeBits(server->scheme));
    curl_easy_setopt(easy, CURLOPT_USERNAME, server->user.text().c_str());
    const SecretText password = ForScheme(server->scheme, server->password);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, password.text().c_str());
  }
  if (const Credential* proxy = route.proxy_credential) {
    curl_easy_setopt(easy, CURLOPT_PROXYAUTH, SchemeBits(proxy->scheme));
    curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, proxy->user.text().c_str());
    const SecretText password = ForScheme(proxy->scheme, proxy->password);
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, password.text().c_str());
  }
  if (!route.certificate.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, route.certificate.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, route.certificate.c_str());
  }
}

void Exchange::Impl::SetObserver() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &OnPrerequest);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &observer_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnWrite);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &observer_);
}

void Exchange::Impl::Append(const char* line) {
  curl_slist* longer = curl_slist_append(headers_.get(), line);
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(headers_.release());  // part of the longer list
  headers_.reset(longer);
}

// --- for its owner ------------------------------------------------------------

Exchange::Exchange(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Exchange::~Exchange() = default;
void Exchange::Unpause() { impl_->Unpause(); }

void Exchange::SetLowWaterMark(int bytes) {
  if (const auto socket = impl_->Socket()) transfer::SetLowWaterMark(*socket, bytes);
}

std::optional<PathSample> Exchange::Path() const {
  const auto socket = impl_->Socket();
  return socket ? PathOf(*socket) : std::nullopt;
}

bool Exchange::SetReceiveWindow(std::uint32_t bytes) {
  const auto socket = impl_->Socket();
  return socket && transfer::SetReceiveWindow(*socket, bytes);
}

std::optional<PathSample> Exchange::SendPath() const {
  const auto socket = impl_->Socket();
  return socket ? SendPathOf(*socket) : std::nullopt;
}

void Exchange::LimitSending(std::uint64_t rate) {
  if (const auto socket = impl_->Socket()) transfer::LimitSending(*socket, rate);
}

void Exchange::LimitUnsent(std::uint32_t bytes) {
  if (const auto socket = impl_->Socket()) transfer::LimitUnsent(*socket, bytes);
}

Offers Exchange::OffersOf(AuthTarget target) const { return impl_->OffersOf(target); }

}  // namespace engine::transfer
