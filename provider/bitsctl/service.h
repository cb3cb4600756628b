// The WS-Management host that the commands talk to.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "provider/bitsctl/failure.h"
#include "wsman/client/client.h"

namespace bitsctl {

using wsman::Element;
using wsman::Selector;
using wsman::client::Properties;

// wsman::client::Client as an interface: see there for what each call does.
class Service {
 public:
  template <class T>
  using Reply = wsman::client::Result<T>;

  virtual ~Service() = default;

  virtual Reply<Element> Identify() = 0;
  virtual Reply<Element> Get(const std::string& uri, const std::vector<Selector>& selectors) = 0;
  virtual Reply<Element> Put(const std::string& uri, const std::vector<Selector>& selectors,
                             const Properties& values) = 0;
  virtual Reply<void> Delete(const std::string& uri, const std::vector<Selector>& selectors) = 0;
  virtual Reply<Element> Invoke(const std::string& uri, const std::string& method,
                                const std::vector<Selector>& selectors,
                                const Properties& arguments) = 0;
  virtual Reply<std::vector<Element>> Enumerate(const std::string& uri, const std::string& wql) = 0;
  virtual Reply<std::string> Subscribe(const std::string& uri, const std::string& wql) = 0;
  virtual Reply<std::vector<Element>> PullEvents(const std::string& uri,
                                                 const std::string& subscription,
                                                 std::chrono::milliseconds wait) = 0;
  virtual Reply<void> Unsubscribe(const std::string& uri, const std::string& subscription) = 0;
};

// A host over the network; nothing is sent before the first call.
std::unique_ptr<Service> MakeService(wsman::client::ClientOptions options);

}  // namespace bitsctl
