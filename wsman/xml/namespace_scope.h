// Which prefixes are bound where in a document that is read from its start to its
// end: enough to see that an ordinary document keeps the rules of Namespaces in
// XML 1.0. It takes no document that breaks them for a plain one; of the others it
// may be unsure, and then a library has to say.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wsman::xml {

class NamespaceScope {
 public:
  // Elements as they open and close. After Open come the element's declarations
  // and then its names.
  void Open();
  void Close();

  // xmlns:prefix="uri", or xmlns="uri" for the empty prefix.
  void Declare(std::string_view prefix, std::string_view uri);
  void UseElement(std::string_view name);
  // Declarations are no attributes here. The name must live until the next Open.
  void UseAttribute(std::string_view name);

  // Declarations of all open elements.
  std::size_t size() const { return prefixes_.size(); }
  // Every declaration and name has kept the rules.
  bool plain() const { return plain_; }

 private:
  bool IsBound(std::string_view prefix) const;

  std::vector<std::string> prefixes_;         // of the open elements' declarations
  std::vector<std::size_t> before_;           // how many there were when each of them opened
  std::vector<std::string_view> attributes_;  // local parts of the element's qualified ones
  bool plain_ = true;
};

}  // namespace wsman::xml
