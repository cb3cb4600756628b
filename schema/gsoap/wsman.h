// soapcpp2 input: the SOAP header of a WS-Management request, typed once for
// every class. The parser is generated into build/; bodies are read by one
// generic reader (wsman/xml/soap_codec.cc) and have no types here.
//
// Names are gSOAP's: "w__Selector" is w:Selector, a leading '@' an attribute,
// "__item" the text of the element, a trailing 0 "may be absent".

//gsoap a schema namespace: http://schemas.xmlsoap.org/ws/2004/08/addressing
//gsoap a schema elementForm: qualified
//gsoap w schema namespace: http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd
//gsoap w schema elementForm: qualified
//gsoap w schema attributeForm: unqualified
//gsoap p schema namespace: http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd
//gsoap p schema elementForm: qualified
//gsoap e schema namespace: http://schemas.xmlsoap.org/ws/2004/08/eventing
//gsoap e schema elementForm: qualified

// A header whose text and mustUnderstand attribute both matter. Locale carries
// its value in xml:lang, FragmentTransfer its language in Dialect.
struct w__MarkedT {
  char *__item;
  @char *SOAP_ENV__mustUnderstand 0;
  @char *xml__lang 0;
  @char *Dialect 0;
};

// Elements of any name, which the reader keeps; the value is their place there.
extern typedef LONG64 a__ReferencesT;

struct a__EndpointReferenceT {
  char *a__Address 0;
  a__ReferencesT *a__ReferenceParameters 0;
  a__ReferencesT *a__ReferenceProperties 0;
};

// An address whose content does not matter.
struct a__IgnoredReferenceT {
  char *a__Address 0;
};

struct w__SelectorT {
  char *__item;
  @char *Name 0;
};

struct w__SelectorSetT {
  $int __sizeSelector;
  struct w__SelectorT *w__Selector 0;
};

struct w__OptionT {
  char *__item;
  @char *Name 0;
  @char *MustComply 0;
};

struct w__OptionSetT {
  $int __sizeOption;
  struct w__OptionT *w__Option 0;
};

// In the order in which Windows writes them: the parser tries the fields that it
// has not seen yet one after the other. The blocks p:… and those after RelatesTo
// are known so that they may be there, even marked mustUnderstand; their content
// does not matter. The last two come in replies.
mutable struct SOAP_ENV__Header {
  char *a__To 0;
  char *w__ResourceURI 0;
  struct a__EndpointReferenceT *a__ReplyTo 0;
  char *a__Action 0;
  struct w__MarkedT *w__MaxEnvelopeSize 0;
  char *a__MessageID 0;
  struct w__MarkedT *w__Locale 0;
  struct w__MarkedT *p__DataLocale 0;
  char *p__SessionId 0;
  char *p__OperationID 0;
  char *p__SequenceId 0;
  struct w__OptionSetT *w__OptionSet 0;
  struct w__SelectorSetT *w__SelectorSet 0;
  struct w__MarkedT *w__OperationTimeout 0;
  char *p__ActivityId 0;
  struct w__MarkedT *w__FragmentTransfer 0;
  struct w__MarkedT *w__RequestTotalItemsCountEstimate 0;
  struct w__MarkedT *w__RequestEPR 0;
  char *e__Identifier 0;
  struct a__EndpointReferenceT *a__FaultTo 0;
  char *a__RelatesTo 0;
  struct a__IgnoredReferenceT *a__From 0;
  char *SOAP_ENV__NotUnderstood 0;
  char *SOAP_ENV__Upgrade 0;
};
