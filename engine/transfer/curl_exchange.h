// One running exchange on an easy handle of libcurl.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/transfer/curl_client.h"
#include "engine/transfer/curl_pools.h"
#include "engine/transfer/curl_sockets.h"

namespace engine::transfer {

class Exchange::Impl {
 public:
  Impl(CURLM* multi, CurlSockets& sockets, std::unique_ptr<CurlPools::Lease> connections,
       const TransferOptions& options, const ExchangeRequest& request, ExchangeObserver& observer);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  bool Begin();
  // libcurl is through with it. Tells the observer, which may destroy this, or
  // begins again.
  void Done(CURLcode code);

  void Unpause() { curl_easy_pause(easy_.get(), CURLPAUSE_CONT); }
  std::optional<curl_socket_t> Socket() const { return sockets_.Find(local_port_, peer_port_); }
  Offers OffersOf(AuthTarget target) const;

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  static int OnPrerequest(void* user, char*, char*, int peer_port, int local_port);
  static curl_socket_t OnOpenSocket(void* user, curlsocktype, curl_sockaddr* address);

  bool TakesConnection();
  bool BeginAgain();
  void Explain(CURLcode code, ExchangeResult& result);
  void SetRequest(const ExchangeRequest& request);
  void SetMethod(const std::string& method);
  void SetBody(const std::string& method, RequestBody& body);
  void SetHeaders(const ExchangeRequest& request);
  void SetRules(const TransferOptions& options);
  void SetRoute(const RequestRoute& route, const TransferOptions& options);
  void SetObserver();
  void Append(const char* line);

  CURLM* multi_;
  CurlSockets& sockets_;
  int peer_port_ = 0;
  int local_port_ = 0;   // 0: no connection yet
  bool denied_ = false;  // an address that the name leads to
  bool opened_ = false;  // a connection of its own
  bool sent_ = false;
  bool fresh_ = false;  // takes no connection that another has used
  bool surplus_ = false;
  std::unique_ptr<CurlPools::Lease> connections_;  // goes after easy_
  std::unique_ptr<curl_slist, ListDeleter> headers_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
  ExchangeObserver& observer_;
  const bool through_proxy_;
  char error_text_[CURL_ERROR_SIZE] = {};
};

}  // namespace engine::transfer
