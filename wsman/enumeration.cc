#include "wsman/enumeration.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "wsman/action.h"
#include "wsman/document_resource.h"
#include "wsman/enumeration_items.h"
#include "wsman/selectors.h"

namespace wsman {
namespace {

// Windows' number for an enumeration of "*" that no query narrows down.
constexpr std::uint32_t kQueryRequired = 2150859003;

// As long as every real context.
constexpr std::string_view kSampleContext = "uuid:00000000-0000-0000-0000-000000000000";

class EmptySource : public InstanceSource {
 public:
  std::optional<schema::Instance> Next() override { return std::nullopt; }
  std::size_t Remaining() const override { return 0; }
};

std::string EnumerateBody(std::string_view context, const Page& page) {
  return fmt::format(
      "<n:EnumerateResponse><n:EnumerationContext>{}</n:EnumerationContext><w:Items>{}</w:Items>{}"
      "</n:EnumerateResponse>",
      context, page.items, page.is_last ? "<w:EndOfSequence/>" : "");
}

// R8.4-8: the end of the sequence and a context never stand together.
std::string PullBody(std::string_view context, const Page& page) {
  if (page.is_last) {
    return fmt::format("<n:PullResponse><n:Items>{}</n:Items><n:EndOfSequence/></n:PullResponse>",
                       page.items);
  }
  return fmt::format(
      "<n:PullResponse><n:EnumerationContext>{}</n:EnumerationContext><n:Items>{}</n:Items>"
      "</n:PullResponse>",
      context, page.items);
}

ReplyHeader HeaderFor(const Call& call, Operation operation, const Enumeration& enumeration) {
  ReplyHeader header = call.exchange->Header(std::string(ActionUri(operation)) + "Response");
  if (call.request.total_items_estimate) header.total_items = enumeration.EstimatedTotal();
  return header;
}

// What is left for items when `body` is the reply without any.
PageLimits LimitsFor(const Call& call, const ReplyHeader& header, std::string_view body) {
  const std::size_t frame = call.exchange->ReplyBytes(header, body);
  const std::size_t limit = call.exchange->max_reply_bytes();
  return {.elements = kMaxBatchItems,
          .characters = std::nullopt,
          .bytes = limit > frame ? limit - frame : 0,
          .charset = call.exchange->charset()};
}

ContextOwner OwnerOf(const Call& call) {
  return {call.caller.principal.name(), call.target.uri.text};
}

Result<Selection> SelectionFor(const Call& call, const EnumerateRequest& request,
                               const ResourceDirectory& directory) {
  if (request.filter) return ReadFilter(*request.filter, call.target, directory);
  if (call.target.kind != TargetKind::kWildcard) return Selection{call.target, {}, {}};
  return Fail(FaultCode::kCannotProcessFilter,
              "A resource URI that ends in * needs a filter; name a class to read all of it.",
              kQueryRequired);
}

Result<std::unique_ptr<ItemSource>> Documents(const Call& call, const EnumerateRequest& request) {
  if (request.filter)
    return Fail(FaultCode::kFilteringNotSupported, "This resource takes no filter; leave it out.");
  if (request.mode != EnumerationMode::kObject) {
    return Fail(FaultCode::kUnsupportedEnumerationMode,
                "The items of this resource have no addresses; leave out EnumerationMode.");
  }
  Result<std::vector<std::string>> items = call.target.document->Enumerate(call.request);
  if (!items) return tl::unexpected(items.error());
  return ReadyItems(*std::move(items));
}

Result<std::unique_ptr<ItemSource>> Instances(const Call& call, const EnumerateRequest& request,
                                              const ResourceDirectory& directory) {
  if (auto none = CheckNoKeySelectors(call.request.selectors); !none)
    return tl::unexpected(none.error());
  Result<Selection> selection = SelectionFor(call, request, directory);
  if (!selection) return tl::unexpected(selection.error());
  ResourceHandler* handler = selection->target.handler;
  std::unique_ptr<InstanceSource> source =
      handler != nullptr ? handler->Enumerate(call.caller) : std::make_unique<EmptySource>();
  return InstanceItems(std::move(source), *std::move(selection), request.mode);
}

}  // namespace

EnumerationService::EnumerationService(EnumerationLimits limits, Clock clock,
                                       const ResourceDirectory& directory)
    : store_(limits, std::move(clock)), directory_(directory) {}

Result<std::unique_ptr<Enumeration>> EnumerationService::Begin(
    const Call& call, const EnumerateRequest& request) const {
  if (call.request.fragment) {
    return Fail(FaultCode::kUnsupportedFragmentAccess,
                "FragmentTransfer works with Get and Put only.");
  }
  Result<std::unique_ptr<ItemSource>> items = call.target.kind == TargetKind::kDocument
                                                  ? Documents(call, request)
                                                  : Instances(call, request, directory_);
  if (!items) return tl::unexpected(items.error());
  return std::make_unique<Enumeration>(*std::move(items));
}

void EnumerationService::Enumerate(const Call& call) {
  const Result<EnumerateRequest> request = ReadEnumerate(call.request);
  if (!request) return call.exchange->SendFault(request.error());
  Result<std::unique_ptr<Enumeration>> enumeration = Begin(call, *request);
  if (!enumeration) return call.exchange->SendFault(enumeration.error());
  if (request->optimized) return EnumerateOptimized(call, *request, *std::move(enumeration));
  EnumerateContextOnly(call, *request, *std::move(enumeration));
}

void EnumerationService::EnumerateOptimized(const Call& call, const EnumerateRequest& request,
                                            std::unique_ptr<Enumeration> enumeration) {
  const ReplyHeader header = HeaderFor(call, Operation::kEnumerate, *enumeration);
  PageLimits limits = LimitsFor(call, header, EnumerateBody(kSampleContext, Page{{}, 0, true}));
  limits.elements = request.max_elements;
  const Result<Page> page = NextPage(*enumeration, limits);
  if (!page) return call.exchange->SendFault(page.error());

  std::string context;
  if (!page->is_last) {
    Result<std::string> added = store_.Add(OwnerOf(call), std::move(enumeration), request.expires);
    if (!added) return call.exchange->SendFault(added.error());
    context = *std::move(added);
  }
  call.exchange->Send(header, EnumerateBody(context, *page), Effect::kNone);
}

void EnumerationService::EnumerateContextOnly(const Call& call, const EnumerateRequest& request,
                                              std::unique_ptr<Enumeration> enumeration) {
  const ReplyHeader header = HeaderFor(call, Operation::kEnumerate, *enumeration);
  const Result<std::string> context =
      store_.Add(OwnerOf(call), std::move(enumeration), request.expires);
  if (!context) return call.exchange->SendFault(context.error());
  call.exchange->Send(header,
                      fmt::format("<n:EnumerateResponse><n:EnumerationContext>{}"
                                  "</n:EnumerationContext></n:EnumerateResponse>",
                                  *context),
                      Effect::kNone);
}

void EnumerationService::Pull(const Call& call) {
  const Result<PullRequest> request = ReadPull(call.request);
  if (!request) return call.exchange->SendFault(request.error());
  Result<EnumerationStore::Lease> lease = store_.Take(request->context, OwnerOf(call));
  if (!lease) return call.exchange->SendFault(lease.error());

  const ReplyHeader header = HeaderFor(call, Operation::kPull, lease->enumeration());
  PageLimits limits = LimitsFor(call, header, PullBody(kSampleContext, Page{}));
  limits.elements = request->max_elements;
  limits.characters = request->max_characters;
  const Result<Page> page = NextPage(lease->enumeration(), limits);
  if (!page) return call.exchange->SendFault(page.error());

  std::string context;
  if (page->is_last) {
    lease->Finish();
  } else {
    context = lease->Renew();
  }
  call.exchange->Send(header, PullBody(context, *page), Effect::kNone);
}

void EnumerationService::Release(const Call& call) {
  const Result<std::string> context = ReadRelease(call.request);
  if (!context) return call.exchange->SendFault(context.error());
  if (auto released = store_.Release(*context, OwnerOf(call)); !released)
    return call.exchange->SendFault(released.error());
  call.exchange->Send(
      call.exchange->Header(std::string(ActionUri(Operation::kRelease)) + "Response"), {},
      Effect::kNone);
}

}  // namespace wsman
