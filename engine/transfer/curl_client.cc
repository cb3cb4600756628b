#include "engine/transfer/curl_client.h"

#include <curl/curl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <set>
#include <string_view>

#include "engine/text.h"
#include "engine/transfer/curl_pools.h"

namespace engine::transfer {
namespace {

constexpr long kLargeBufferBytes = 512 * 1024;
constexpr long kSmallBufferBytes = 16 * 1024;
constexpr long kIdleConnections = 64;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct TextDeleter {
  void operator()(char* text) const { curl_free(text); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

void InitialiseOnce() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// --- callbacks ----------------------------------------------------------------

// Every socket that libcurl opened; some are closed, and their numbers another's.
using Sockets = std::set<curl_socket_t>;

curl_socket_t OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address) {
  const curl_socket_t socket =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket != CURL_SOCKET_BAD) static_cast<Sockets*>(user)->insert(socket);
  return socket;
}

int PortOf(curl_socket_t socket, decltype(&::getsockname) end) {
  sockaddr_in6 address{};  // has the port where sockaddr_in has it
  socklen_t size = sizeof address;
  if (end(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.sin6_port);
}

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

// --- errors -------------------------------------------------------------------

struct Kind {
  HResult code;
  bool recoverable;
};

// X509_V_ERR_… of OpenSSL as CURLINFO_SSL_VERIFYRESULT passes them on.
Kind CertificateKind(long verify_result) {
  switch (verify_result) {
    case 0:   // the chain is good, so libcurl's own check of the name failed
    case 62:  // HOSTNAME_MISMATCH
    case 64:  // IP_ADDRESS_MISMATCH
      return {HResult::kCertNameInvalid, false};
    case 9:   // CERT_NOT_YET_VALID
    case 10:  // CERT_HAS_EXPIRED
      return {HResult::kCertDateInvalid, false};
    case 2:   // UNABLE_TO_GET_ISSUER_CERT
    case 18:  // DEPTH_ZERO_SELF_SIGNED_CERT
    case 19:  // SELF_SIGNED_CERT_IN_CHAIN
    case 20:  // UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    case 21:  // UNABLE_TO_VERIFY_LEAF_SIGNATURE
      return {HResult::kInvalidCertAuthority, false};
    default:
      return {HResult::kSecureFailure, false};
  }
}

// TLS 1.3 tells in the middle of the connection that a certificate was missing.
bool AsksForCertificate(std::string_view error_text) {
  return error_text.find("certificate required") != std::string_view::npos;
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

Kind KindOf(CURLcode code, CURL* easy) {
  // libcurl has a hundred codes; those without a row of their own are the
  // connection's fault until proven otherwise.
  const int number = static_cast<int>(code);
  switch (number) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {HResult::kNameNotResolved, true};
    case CURLE_COULDNT_CONNECT:
      return {HResult::kCannotConnect, true};
    case CURLE_OPERATION_TIMEDOUT:
      return {HResult::kTimeout, true};
    case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {HResult::kInvalidServerReply, true};
    case CURLE_URL_MALFORMAT:
      return {HResult::kInvalidArgument, false};
    case CURLE_OUT_OF_MEMORY:
      return {HResult::kOutOfMemory, true};
    case CURLE_PEER_FAILED_VERIFICATION: {
      long verify_result = 0;
      curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify_result);
      return CertificateKind(verify_result);
    }
    case CURLE_SSL_CACERT_BADFILE:
      return {HResult::kInvalidCertAuthority, false};
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT:
      return {HResult::kClientAuthCertNeeded, false};
    case CURLE_SSL_CONNECT_ERROR: {
      // A broken connection during the handshake says nothing about the peer.
      long os_error = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
      if (os_error != 0) return {HResult::kConnectionError, true};
      return {HResult::kSecureFailure, false};
    }
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {HResult::kSecureFailure, false};
    default:
      return {HResult::kConnectionError, true};
  }
}

}  // namespace

// --- one exchange -------------------------------------------------------------

class Exchange::Impl {
 public:
  Impl(CURLM* multi, Sockets& sockets, std::unique_ptr<CurlPools::Lease> connections,
       const TransferOptions& options, const ExchangeRequest& request, ExchangeObserver& observer)
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

  ~Impl() { curl_multi_remove_handle(multi_, easy_.get()); }

  bool Begin() { return curl_multi_add_handle(multi_, easy_.get()) == CURLM_OK; }
  void Unpause() { curl_easy_pause(easy_.get(), CURLPAUSE_CONT); }

  void SetLowWaterMark(int bytes) {
    if (const auto socket = Socket())
      ::setsockopt(*socket, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
  }

  std::optional<PathSample> Path() const {
    const auto socket = Socket();
    tcp_info info{};
    socklen_t size = sizeof info;
    if (!socket || ::getsockopt(*socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
      return std::nullopt;
    return PathSample{std::chrono::microseconds(info.tcpi_rcv_rtt), info.tcpi_rcv_mss,
                      info.tcpi_bytes_received};
  }

  bool SetReceiveWindow(std::uint32_t bytes) {
    const auto socket = Socket();
    const int clamp = static_cast<int>(bytes);
    return socket &&
           ::setsockopt(*socket, IPPROTO_TCP, TCP_WINDOW_CLAMP, &clamp, sizeof clamp) == 0;
  }

  void Done(CURLcode code) {
    ExchangeResult result;
    result.complete = code == CURLE_OK;
    if (!result.complete) Explain(code, result);
    observer_.OnDone(result);  // destroys this, maybe
  }

  Offers OffersOf(AuthTarget target) const {
    long bits = 0;
    const CURLINFO what =
        target == AuthTarget::kProxy ? CURLINFO_PROXYAUTH_AVAIL : CURLINFO_HTTPAUTH_AVAIL;
    if (curl_easy_getinfo(easy_.get(), what, &bits) != CURLE_OK) return {};
    const auto offered = static_cast<unsigned long>(bits);
    return {(offered & CURLAUTH_BASIC) != 0, (offered & CURLAUTH_DIGEST) != 0,
            (offered & CURLAUTH_NTLM) != 0};
  }

 private:
  std::optional<curl_socket_t> Socket() const {
    for (const curl_socket_t socket : sockets_) {
      if (local_port_ != 0 && PortOf(socket, &::getsockname) == local_port_ &&
          PortOf(socket, &::getpeername) == peer_port_)
        return socket;
    }
    return std::nullopt;
  }

  // libcurl tells the ports of a running exchange's connection, but not its socket
  // (CURLINFO_ACTIVESOCKET is of the exchange before).
  static int OnPrerequest(void* user, char*, char*, int peer_port, int local_port) {
    auto* const self = static_cast<Impl*>(user);
    self->peer_port_ = peer_port;
    self->local_port_ = local_port;
    self->observer_.OnSent();
    return CURL_PREREQFUNC_OK;
  }

  void Explain(CURLcode code, ExchangeResult& result) {
    Kind kind = KindOf(code, easy_.get());
    const char* text = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
    if (AsksForCertificate(text)) kind = {HResult::kClientAuthCertNeeded, false};
    result.error = Error{kind.code, ErrorContext::kGeneralTransport, text};
    result.recoverable = kind.recoverable;
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

  void SetRequest(const ExchangeRequest& request) {
    CURL* easy = easy_.get();
    for (const std::string& line : request.headers) Append(line);
    Append("Accept: */*");
    Append("Accept-Encoding: identity");
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy, CURLOPT_NOBODY, request.head_only ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                     request.large ? kLargeBufferBytes : kSmallBufferBytes);
    if (request.deadline) {
      curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.deadline->count()));
    }
  }

  void SetRules(const TransferOptions& options) {
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
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
    if (!options.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
  }

  void SetRoute(const RequestRoute& route, const TransferOptions& options) {
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_SHARE, connections_->share());
    // The environment of whoever started the daemon is no configuration: an
    // empty text means no proxy whatever it says.
    curl_easy_setopt(easy, CURLOPT_PROXY, route.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
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

  void SetObserver() {
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &OnPrerequest);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &sockets_);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &OnHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &observer_);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &OnWrite);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &observer_);
  }

  void Append(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());  // part of the longer list
    headers_.reset(longer);
  }

  CURLM* multi_;
  Sockets& sockets_;
  int peer_port_ = 0;
  int local_port_ = 0;                             // 0: no connection yet
  std::unique_ptr<CurlPools::Lease> connections_;  // goes after easy_
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  ExchangeObserver& observer_;
  const bool through_proxy_;
  char error_text_[CURL_ERROR_SIZE] = {};
};

Exchange::Exchange(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Exchange::~Exchange() = default;
void Exchange::Unpause() { impl_->Unpause(); }
void Exchange::SetLowWaterMark(int bytes) { impl_->SetLowWaterMark(bytes); }
std::optional<PathSample> Exchange::Path() const { return impl_->Path(); }
bool Exchange::SetReceiveWindow(std::uint32_t bytes) { return impl_->SetReceiveWindow(bytes); }
Offers Exchange::OffersOf(AuthTarget target) const { return impl_->OffersOf(target); }

// --- all exchanges ------------------------------------------------------------

class CurlClient::Impl {
 public:
  explicit Impl(const TransferOptions& options) : options(options) {
    InitialiseOnce();
    multi.reset(curl_multi_init());
    if (!multi) throw std::bad_alloc();
    curl_multi_setopt(
        multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS,
        static_cast<long>(std::max<std::size_t>(options.max_connections_per_host, 1)));
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }

  const TransferOptions& options;
  // In this order: connections of the pools end while the multi handle is there.
  std::unique_ptr<CURLM, MultiDeleter> multi;
  CurlPools pools;
  Sockets sockets;
};

CurlClient::CurlClient(const TransferOptions& options) : impl_(std::make_unique<Impl>(options)) {}
CurlClient::~CurlClient() = default;

std::unique_ptr<Exchange> CurlClient::Start(const ExchangeRequest& request,
                                            ExchangeObserver& observer) {
  auto impl = std::make_unique<Exchange::Impl>(impl_->multi.get(), impl_->sockets,
                                               impl_->pools.Take(request.route.connections),
                                               impl_->options, request, observer);
  if (!impl->Begin()) throw std::bad_alloc();
  return std::make_unique<Exchange>(std::move(impl));
}

void CurlClient::Run() {
  int running = 0;
  curl_multi_perform(impl_->multi.get(), &running);
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(impl_->multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    char* exchange = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
    reinterpret_cast<Exchange::Impl*>(exchange)->Done(code);
  }
}

void CurlClient::Wait(std::chrono::milliseconds timeout) {
  curl_multi_poll(impl_->multi.get(), nullptr, 0, static_cast<int>(timeout.count()), nullptr);
}

void CurlClient::Wake() { curl_multi_wakeup(impl_->multi.get()); }

// --- redirects ----------------------------------------------------------------

namespace {

std::string PartOf(const Url& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextDeleter> owner(text);
  return text;
}

tl::unexpected<Error> BadRedirect(std::string message) {
  return Fail(HResult::kInvalidServerReply, std::move(message), ErrorContext::kRemoteFile);
}

}  // namespace

Result<std::string> ResolveRedirect(const std::string& base, const std::string& location) {
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK) {
    return BadRedirect("the address that redirects cannot be read");
  }
  const std::string from = PartOf(url, CURLUPART_SCHEME);
  if (curl_url_set(url.get(), CURLUPART_URL, location.c_str(),
                   CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) != CURLUE_OK) {
    return BadRedirect("the server redirects to something that is no address");
  }
  const std::string to = PartOf(url, CURLUPART_SCHEME);
  if (to != "http" && to != "https") {
    return BadRedirect("the server redirects to the scheme '" + to + "'");
  }
  if (from == "https" && to == "http") {
    return BadRedirect("the server redirects from https to http");
  }
  if (!PartOf(url, CURLUPART_USER).empty() || !PartOf(url, CURLUPART_PASSWORD).empty()) {
    return BadRedirect("the server redirects to an address with a user name");
  }
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return PartOf(url, CURLUPART_URL);
}

}  // namespace engine::transfer
