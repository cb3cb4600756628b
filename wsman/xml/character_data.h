// Character data on its way in and out: what a SOAP parser is given, and what
// may stand in an element. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace wsman::xml {

// The document with every numeric character reference in its shortest safe form
// and line ends as XML 1.0 2.11 has them (LF only). gSOAP reads references of
// seven and more characters wrongly and leaves CR LF as it is. The document
// must be one that CheckDocument accepted; it means the same afterwards.
std::string NormaliseCharacterData(std::string_view document);

// Whether NormaliseCharacterData would change anything; most documents are fine.
bool NeedsNormalising(std::string_view document);

// Adds `text` as character data or as the inside of a quoted attribute value.
// Characters that XML 1.0 cannot carry, and bytes that are not UTF-8, become '?'.
// CR is written as a reference, or a reader would take it for a line end.
void AppendEscaped(std::string& out, std::string_view text);

}  // namespace wsman::xml
