// The generic CIM model: classes as constant tables, instances as values.
//
// A class table is written once (bits_classes.h) and drives everything that
// depends on it: method argument binding, the XML serialisations, MOF, and
// property lookup. Plain data, no I/O, no exceptions; all functions are pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace schema {

// CIM intrinsic types that the classes use (DSP0004 5.2.1).
enum class Type { kBoolean, kUint8, kUint16, kUint32, kUint64, kString, kInstance };

enum class Access { kRead, kReadWrite };
enum class Direction { kIn, kOut };
enum class Presence { kRequired, kOptional };

struct Class;

// One row of a ValueMap/Values qualifier pair: a number and its name.
struct NamedValue {
  std::uint64_t value;
  std::string_view name;
};

struct Property {
  std::string_view name;  // exact CIM spelling; compared without case on input
  Type type;
  std::string_view description;
  Access access = Access::kRead;
  bool is_key = false;
  bool is_array = false;
  const Class* embedded = nullptr;          // the class of an embedded instance, for kInstance
  std::span<const NamedValue> values = {};  // empty unless the numbers have names
  bool is_hidden =
      false;  // may read as NULL although there is a value: an empty text takes it away
};

struct Parameter {
  std::string_view name;
  Type type;
  Direction direction;
  std::string_view description;
  Presence presence = Presence::kRequired;  // meaningful for kIn only
  bool is_array = false;
  std::span<const NamedValue> values = {};
};

// Every method returns uint32, as all methods of the BITS provider do.
struct Method {
  std::string_view name;
  std::string_view description;
  std::span<const Parameter> parameters;
  bool is_static = false;
};

struct Class {
  std::string_view name;
  std::string_view name_space;  // forward slashes: "root/microsoft/bits"
  std::string_view description;
  std::span<const Property> properties;
  std::span<const Method> methods;
};

// Case-insensitive lookups, as CIM names compare. nullptr when there is none.
const Property* FindProperty(const Class& type, std::string_view name);
const Method* FindMethod(const Class& type, std::string_view name);
const Parameter* FindParameter(const Method& method, std::string_view name);

struct Instance;

// One CIM value. monostate is NULL; every unsigned integer type is held as
// uint64; the two vectors are uint8 and embedded-instance arrays.
using Value = std::variant<std::monostate, bool, std::uint64_t, std::string,
                           std::vector<std::uint64_t>, std::vector<Instance>>;

// One instance of `type`. values[i] belongs to type->properties[i]; sizes match.
struct Instance {
  const Class* type = nullptr;  // a table with static lifetime
  std::vector<Value> values;
};

// Same class table and equal values; lets Values be compared too.
bool operator==(const Instance& a, const Instance& b);

bool IsNull(const Value& value);

// The value of the named property; a NULL value when the class has no such one.
const Value& ValueOf(const Instance& instance, std::string_view property);

// Why a text is not a value of a type.
enum class TextError { kNotThisType, kOutOfRange };

struct ParsedText {
  std::optional<Value> value;                 // empty on error
  TextError error = TextError::kNotThisType;  // meaningful when value is empty
};

// Reads the XML Schema lexical form of a scalar: integers as optional '+' and
// decimal digits, booleans as true, false, 1, 0 in any case (PowerShell sends
// "True"), strings exactly as they are. White space around numbers and
// booleans is ignored (xs:whiteSpace collapse); a string is never trimmed.
ParsedText ParseScalar(Type type, std::string_view text);

// The text of a scalar on the wire: decimal digits, "true"/"false", the string.
// Not for arrays and instances (empty text).
std::string ToText(const Value& scalar);

// ASCII case-insensitive comparison, as CIM names need it.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// CIM's own name of a type as MOF writes it: "uint64". An embedded instance is
// a "string" with the EmbeddedInstance qualifier (DSP0004 5.6.3.17).
std::string_view MofName(Type type);

// The name of a type in the namespace of DSP0230's common schema, for xsi:type:
// "cimUnsignedLong". An embedded instance has the type of its own class instead.
std::string_view CimXmlSchemaName(Type type);

}  // namespace schema
