// Which account a client means: the one table of spellings, for Basic and NTLM.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wsman::auth {

// The names under which an account may be known that a client calls `user` in
// `domain`, in the order in which to look. A domain inside the user name
// ("DOM\u", ".\u", "\u") takes the place of `domain`.
//   "u"                     u, u@domain
//   "u@dom"                 u@dom, u@dom@domain, u
//   "DOM\u"                 u, u@DOM
//   "DOM\u@dom"             u@dom, u@dom@DOM
// Which domain is named never decides: the password does, and it is that of an
// account of this machine. A text with two backslashes, or with a backslash
// and nothing behind it, names nobody.
std::vector<std::string> AccountNames(std::string_view user, std::string_view domain);

// The letters A to Z in lower case, everything else as it is: what names that
// differ in case have in common.
std::string FoldedName(std::string_view name);

// What guesses at an account are counted under, however it is spelled.
std::string AccountKey(std::string_view user);

// Things that belong to accounts, by the account's name.
template <class T>
class AccountTable {
 public:
  // The account of that name, and what belongs to it.
  using Entry = typename std::map<std::string, T, std::less<>>::value_type;

  AccountTable() = default;
  AccountTable(AccountTable&&) noexcept = default;
  AccountTable& operator=(AccountTable&&) noexcept = default;

  // A name that is there already stays as it is.
  void Add(std::string name, T value) {
    const auto [added, is_new] = entries_.emplace(std::move(name), std::move(value));
    if (!is_new) return;
    const auto [folded, alone] = folded_.emplace(FoldedName(added->first), &*added);
    if (!alone) folded->second = nullptr;
  }

  // The account of exactly this name; without one the account whose name
  // differs from it in the case of the letters A to Z only, if there is just
  // one. Null when there is none. Valid as long as the table is.
  const Entry* Find(std::string_view name) const {
    if (const auto found = entries_.find(name); found != entries_.end()) return &*found;
    const auto folded = folded_.find(FoldedName(name));
    return folded == folded_.end() ? nullptr : folded->second;
  }

  // The first account that one of the names finds.
  const Entry* FindFirst(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      if (const Entry* found = Find(name)) return found;
    }
    return nullptr;
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

 private:
  std::map<std::string, T, std::less<>> entries_;
  std::map<std::string, const Entry*, std::less<>> folded_;  // null: several
};

}  // namespace wsman::auth
