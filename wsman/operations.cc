#include "wsman/operations.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "wsman/action.h"
#include "wsman/argument_binding.h"
#include "wsman/fragment.h"
#include "wsman/put_binding.h"
#include "wsman/quoted.h"
#include "wsman/selectors.h"
#include "wsman/xml/instance_writer.h"

namespace wsman {
namespace {

std::string ResponseAction(Operation operation) {
  return std::string(ActionUri(operation)) + "Response";
}

// The keys of the instance that the request addresses.
Result<Keys> AddressedKeys(const Call& call) {
  if (call.target.kind == TargetKind::kWildcard) {
    return Fail(FaultCode::kDestinationUnreachable,
                "A resource URI that ends in * can be enumerated with a filter only.");
  }
  if (call.target.kind == TargetKind::kDocument)
    return Fail(FaultCode::kActionNotSupported, "This resource can only be read.");
  if (call.target.kind == TargetKind::kEmbedded) {
    return Fail(FaultCode::kInvalidSelectors,
                fmt::format("Instances of {} have no address; they are part of other instances.",
                            call.target.type->name));
  }
  return BindSelectors(*call.target.type, call.request.selectors);
}

using MaybePath = std::optional<FragmentPath>;

Result<MaybePath> RequestedFragment(const Call& call) {
  if (!call.request.fragment) return MaybePath();
  return ParseFragmentPath(*call.target.type, call.request.fragment->value)
      .map([](const FragmentPath& path) { return MaybePath(path); });
}

Result<void> RefuseFragment(const Call& call) {
  if (!call.request.fragment) return {};
  return Fail(FaultCode::kUnsupportedFragmentAccess,
              "FragmentTransfer works with Get and Put only.");
}

// What a reply with a representation needs after the request has gone.
struct Representation {
  std::shared_ptr<const Exchange> exchange;
  ReplyHeader header;
  MaybePath path;
  ResourceUri uri;

  void Send(const Result<schema::Instance>& instance, Effect effect) const {
    if (!instance) return exchange->SendFault(instance.error());
    ReplyHeader told = header;
    if (told.requested_epr) told.requested_epr = xml::WriteEpr(*instance, uri);
    if (!path) return exchange->Send(told, xml::WriteInstance(*instance, uri), effect);
    const Result<std::string> fragment = WriteFragmentOf(*instance, *path, uri);
    if (!fragment) return exchange->SendFault(fragment.error());
    exchange->Send(told, *fragment, effect);
  }
};

Representation RepresentationOf(const Call& call, Operation operation, MaybePath path) {
  Representation representation{call.exchange, call.exchange->Header(ResponseAction(operation)),
                                path, call.target.uri};
  if (path) representation.header.fragment = call.request.fragment->value;
  return representation;
}

// A method answers under the request's own spelling of its action; an action
// that was the bare method name answers under the resource URI.
std::string MethodResponseAction(const Call& call) {
  const std::string& action = *call.request.action;
  if (action.find('/') != std::string::npos) return action + "Response";
  return fmt::format("{}/{}Response", call.target.uri.text, action);
}

Result<Keys> KeysFor(const schema::Method& method, const Call& call) {
  // Clients send keys with static methods or leave them out, as their syntax has it.
  if (method.is_static) return Keys();
  return AddressedKeys(call);
}

void Execute(const Call& call, const schema::Method& method, const Keys& keys, MethodCall bound) {
  call.exchange->SetDeadline(call.terms.timeout);
  ReplyHeader header = call.exchange->Header(MethodResponseAction(call));
  call.target.handler->Invoke(
      call.caller, keys, std::move(bound),
      [exchange = call.exchange, header = std::move(header), uri = call.target.uri,
       &method](const Result<MethodResult>& result) {
        exchange->Guard([&exchange, &header, &uri, &method, &result] {
          if (!result) return exchange->SendFault(result.error());
          exchange->Send(header, xml::WriteMethodOutput(MethodCall{&method, {}}, *result, uri),
                         Effect::kHappened);
        });
      });
}

// The second half of Put, once the instance has been read.
void Change(const Call& call, const Keys& keys, const MaybePath& path,
            const Result<schema::Instance>& present) {
  if (!present) return call.exchange->SendFault(present.error());
  Result<PropertyChanges> changes = path ? BindFragment(call.request, *path, *present)
                                         : BindRepresentation(call.request, keys, *present);
  if (!changes) return call.exchange->SendFault(changes.error());
  Representation reply = RepresentationOf(call, Operation::kPut, path);
  if (changes->empty()) return reply.Send(present, Effect::kNone);
  call.target.handler->Put(
      call.caller, keys, *std::move(changes),
      [reply = std::move(reply)](const Result<schema::Instance>& instance) {
        reply.exchange->Guard([&reply, &instance] { reply.Send(instance, Effect::kHappened); });
      });
}

void GetDocument(const Call& call) {
  if (call.request.fragment) {
    return call.exchange->SendFault(
        Fail(FaultCode::kUnsupportedFragmentAccess, "This resource can only be read as a whole.")
            .value());
  }
  const Result<std::string> document = call.target.document->Get(call.request);
  if (!document) return call.exchange->SendFault(document.error());
  call.exchange->Send(call.exchange->Header(ResponseAction(Operation::kGet)), *document,
                      Effect::kNone);
}

}  // namespace

void Get(const Call& call) {
  if (call.target.kind == TargetKind::kDocument) return GetDocument(call);
  const Result<Keys> keys = AddressedKeys(call);
  if (!keys) return call.exchange->SendFault(keys.error());
  const Result<MaybePath> path = RequestedFragment(call);
  if (!path) return call.exchange->SendFault(path.error());
  call.exchange->SetDeadline(call.terms.timeout);
  call.target.handler->Read(
      call.caller, *keys, *path ? (*path)->property : nullptr,
      [reply = RepresentationOf(call, Operation::kGet, *path)](
          const Result<schema::Instance>& instance) {
        reply.exchange->Guard([&reply, &instance] { reply.Send(instance, Effect::kNone); });
      });
}

void Put(const Call& call) {
  const Result<Keys> keys = AddressedKeys(call);
  if (!keys) return call.exchange->SendFault(keys.error());
  const Result<MaybePath> path = RequestedFragment(call);
  if (!path) return call.exchange->SendFault(path.error());
  call.exchange->SetDeadline(call.terms.timeout);
  call.target.handler->Read(
      call.caller, *keys, /*only=*/nullptr,
      [call, keys = *keys, path = *path](const Result<schema::Instance>& present) {
        call.exchange->Guard([&] { Change(call, keys, path, present); });
      });
}

void Delete(const Call& call) {
  const Result<Keys> keys = AddressedKeys(call);
  if (!keys) return call.exchange->SendFault(keys.error());
  if (auto whole = RefuseFragment(call); !whole) return call.exchange->SendFault(whole.error());
  call.exchange->SetDeadline(call.terms.timeout);
  ReplyHeader header = call.exchange->Header(ResponseAction(Operation::kDelete));
  call.target.handler->Delete(
      call.caller, *keys,
      [exchange = call.exchange, header = std::move(header)](const Result<std::monostate>& result) {
        exchange->Guard([&exchange, &header, &result] {
          if (!result) return exchange->SendFault(result.error());
          exchange->Send(header, {}, Effect::kHappened);
        });
      });
}

void Invoke(const Call& call, std::string_view method_name) {
  const schema::Class* type = call.target.type;
  const schema::Method* method = type == nullptr ? nullptr : schema::FindMethod(*type, method_name);
  if (method == nullptr) {
    return call.exchange->SendFault(
        Fail(FaultCode::kActionNotSupported,
             fmt::format("{} has no method {}.", type == nullptr ? "*" : type->name,
                         Quoted(method_name)))
            .value());
  }
  if (auto whole = RefuseFragment(call); !whole) return call.exchange->SendFault(whole.error());
  const Result<Keys> keys = KeysFor(*method, call);
  if (!keys) return call.exchange->SendFault(keys.error());
  Result<MethodCall> bound = BindArguments(*method, call.request);
  if (!bound) return call.exchange->SendFault(bound.error());
  bound->message_id = *call.request.message_id;
  Execute(call, *method, *keys, *std::move(bound));
}

}  // namespace wsman
