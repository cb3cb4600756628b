#include "provider/bitsctl/service.h"

namespace bitsctl {
namespace {

class NetworkService : public Service {
 public:
  explicit NetworkService(wsman::client::ClientOptions options) : client_(std::move(options)) {}

  Reply<Element> Identify() override { return client_.Identify(); }

  Reply<Element> Get(const std::string& uri, const std::vector<Selector>& selectors) override {
    return client_.Get(uri, selectors);
  }

  Reply<Element> Put(const std::string& uri, const std::vector<Selector>& selectors,
                     const Properties& values) override {
    return client_.Put(uri, selectors, values);
  }

  Reply<void> Delete(const std::string& uri, const std::vector<Selector>& selectors) override {
    return client_.Delete(uri, selectors);
  }

  Reply<Element> Invoke(const std::string& uri, const std::string& method,
                        const std::vector<Selector>& selectors,
                        const Properties& arguments) override {
    return client_.Invoke(uri, method, selectors, arguments);
  }

  Reply<std::vector<Element>> Enumerate(const std::string& uri, const std::string& wql) override {
    return client_.Enumerate(uri, wql);
  }

  Reply<std::string> Subscribe(const std::string& uri, const std::string& wql) override {
    return client_.Subscribe(uri, wql);
  }

  Reply<std::vector<Element>> PullEvents(const std::string& uri, const std::string& subscription,
                                         std::chrono::milliseconds wait) override {
    return client_.PullEvents(uri, subscription, wait);
  }

  Reply<void> Unsubscribe(const std::string& uri, const std::string& subscription) override {
    return client_.Unsubscribe(uri, subscription);
  }

 private:
  wsman::client::Client client_;
};

}  // namespace

std::unique_ptr<Service> MakeService(wsman::client::ClientOptions options) {
  return std::make_unique<NetworkService>(std::move(options));
}

}  // namespace bitsctl
