#include "wsman/argument_binding.h"

#include <gtest/gtest.h>

#include "fake_resource.h"

namespace wsman {
namespace {

Element Leaf(std::string name, std::string text) {
  Element element;
  element.name = std::move(name);
  element.text = std::move(text);
  return element;
}

Element Nil(std::string name) {
  Element element = Leaf(std::move(name), "");
  element.nil = true;
  return element;
}

Request Body(std::string root, std::vector<Element> children) {
  Request request;
  request.body_children = 1;
  request.body = Leaf(std::move(root), "");
  request.body->children = std::move(children);
  return request;
}

const schema::Method& Make() { return *schema::FindMethod(Sensor(), "Make"); }
const schema::Method& Adjust() { return *schema::FindMethod(Sensor(), "Adjust"); }
const schema::Method& Reset() { return *schema::FindMethod(Sensor(), "Reset"); }

Fault FaultOf(const schema::Method& method, const Request& request) {
  const auto call = BindArguments(method, request);
  EXPECT_FALSE(call.has_value());
  return call ? Fault{} : call.error();
}

TEST(ArgumentBindingTest, NamesAreBoundInAnyOrderCaseAndNamespace) {
  Request request = Body("mAKE_input", {Leaf("LEVEL", "3"), Leaf("name", "n")});
  request.body->name_space = "JobId={1}";
  request.body->children[0].name_space = "urn:other";
  const auto call = BindArguments(Make(), request);
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->method, &Make());
  ASSERT_EQ(call->arguments.size(), 3U);
  EXPECT_EQ(schema::ToText(call->arguments[0]), "n");
  EXPECT_EQ(schema::ToText(call->arguments[1]), "3");
  EXPECT_TRUE(schema::IsNull(call->arguments[2]));
}

TEST(ArgumentBindingTest, TextIsNotTrimmed) {
  const auto call = BindArguments(Make(), Body("Make_INPUT", {Leaf("Name", " a\n")}));
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(schema::ToText(call->arguments[0]), " a\n");
}

TEST(ArgumentBindingTest, NilMeansAbsent) {
  const auto call = BindArguments(Make(), Body("Make_INPUT", {Leaf("Name", "n"), Nil("Level")}));
  ASSERT_TRUE(call.has_value());
  EXPECT_TRUE(schema::IsNull(call->arguments[1]));
  const Fault fault = FaultOf(Make(), Body("Make_INPUT", {Nil("Name")}));
  EXPECT_EQ(fault.code, FaultCode::kInvalidParameter);
}

TEST(ArgumentBindingTest, ANilThatHoldsTextIsAFault) {
  Element level = Leaf("Level", "3");
  level.nil = true;
  EXPECT_EQ(FaultOf(Make(), Body("Make_INPUT", {Leaf("Name", "n"), level})).code,
            FaultCode::kParameterTypeMismatch);
}

TEST(ArgumentBindingTest, AMissingRequiredArgumentIsNamed) {
  const Fault fault = FaultOf(Make(), Body("Make_INPUT", {}));
  EXPECT_EQ(fault.code, FaultCode::kInvalidParameter);
  EXPECT_EQ(fault.wsman_code, 2147942487U);
  EXPECT_NE(fault.text.find("Name"), std::string::npos);
}

TEST(ArgumentBindingTest, UnknownNamesAndOutParametersAreNoArguments) {
  EXPECT_EQ(FaultOf(Make(), Body("Make_INPUT", {Leaf("Nam", "n")})).code,
            FaultCode::kParameterInvalidName);
  EXPECT_EQ(FaultOf(Make(), Body("Make_INPUT", {Leaf("Name", "n"), Leaf("Id", "1")})).code,
            FaultCode::kParameterInvalidName);
}

TEST(ArgumentBindingTest, AScalarIsGivenOnce) {
  const Fault fault = FaultOf(Make(), Body("Make_INPUT", {Leaf("Name", "n"), Leaf("NAME", "n")}));
  EXPECT_EQ(fault.code, FaultCode::kInvalidParameter);
  EXPECT_EQ(fault.wsman_code, 2147942487U);
}

TEST(ArgumentBindingTest, TextOfAnotherTypeIsAMismatch) {
  for (const char* text : {"high", "", "1.5", "0x1", "System.Object[]"}) {
    EXPECT_EQ(FaultOf(Make(), Body("Make_INPUT", {Leaf("Name", "n"), Leaf("Level", text)})).code,
              FaultCode::kParameterTypeMismatch)
        << text;
  }
}

TEST(ArgumentBindingTest, ANumberOutsideItsTypeIsInvalid) {
  const auto level = [](const char* text) {
    return Body("Make_INPUT", {Leaf("Name", "n"), Leaf("Level", text)});
  };
  EXPECT_TRUE(BindArguments(Make(), level("254")).has_value());
  EXPECT_TRUE(BindArguments(Make(), level("255")).has_value());
  const Fault fault = FaultOf(Make(), level("256"));
  EXPECT_EQ(fault.code, FaultCode::kInvalidParameter);
  EXPECT_EQ(fault.wsman_code, 2147942487U);
}

TEST(ArgumentBindingTest, ElementsInsideAScalarAreAMismatch) {
  Element name = Leaf("Name", "");
  name.children.push_back(Leaf("b", "x"));
  EXPECT_EQ(FaultOf(Make(), Body("Make_INPUT", {name})).code, FaultCode::kParameterTypeMismatch);
}

TEST(ArgumentBindingTest, AnArrayIsItsElementRepeated) {
  const auto call = BindArguments(
      Adjust(),
      Body("Adjust_INPUT", {Leaf("Codes", "1"), Leaf("Active", "True"), Leaf("codes", "255")}));
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(std::get<bool>(call->arguments[0]), true);
  EXPECT_EQ(std::get<std::vector<std::uint64_t>>(call->arguments[1]),
            (std::vector<std::uint64_t>{1, 255}));
}

TEST(ArgumentBindingTest, EveryElementOfAnArrayIsChecked) {
  const auto with = [](Element code) {
    return Body("Adjust_INPUT", {Leaf("Active", "1"), Leaf("Codes", "1"), std::move(code)});
  };
  EXPECT_EQ(FaultOf(Adjust(), with(Leaf("Codes", "256"))).code, FaultCode::kInvalidParameter);
  EXPECT_EQ(FaultOf(Adjust(), with(Leaf("Codes", "x"))).code, FaultCode::kParameterTypeMismatch);
  EXPECT_EQ(FaultOf(Adjust(), with(Nil("Codes"))).code, FaultCode::kInvalidParameter);
}

TEST(ArgumentBindingTest, AMethodWithoutParametersStillNeedsItsElement) {
  EXPECT_TRUE(BindArguments(Reset(), Body("Reset_INPUT", {})).has_value());
  EXPECT_EQ(FaultOf(Reset(), Request{}).code, FaultCode::kSchemaValidationError);
}

TEST(ArgumentBindingTest, AnotherElementThanTheActionsIsAMismatch) {
  EXPECT_EQ(FaultOf(Reset(), Body("Make_INPUT", {})).code, FaultCode::kActionMismatch);
  EXPECT_EQ(FaultOf(Reset(), Body("Reset", {})).code, FaultCode::kActionMismatch);
}

TEST(ArgumentBindingTest, TextInsteadOfArgumentsIsAFault) {
  Request request = Body("Reset_INPUT", {});
  request.body->text = "1";
  EXPECT_EQ(FaultOf(Reset(), request).code, FaultCode::kSchemaValidationError);
  request.body->text = " \n";
  EXPECT_TRUE(BindArguments(Reset(), request).has_value());
}

}  // namespace
}  // namespace wsman
