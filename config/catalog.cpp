#include "config/catalog.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "config/hex.hpp"
#include "config/manifest_path.hpp"
#include "config/text.hpp"

namespace p2p::config {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::string_view kVersionKey = "peerProcess_catalog";
constexpr std::string_view kEntriesKey = "entries";

enum class Key { unknown, version, entries, name, size, content_id, part, copy, sha256 };
enum class Place { outside, root, entries, entry, behind };

std::string_view spelled(Key key) {
  switch (key) {
    case Key::version: return kVersionKey;
    case Key::entries: return kEntriesKey;
    case Key::name: return "name";
    case Key::size: return "size";
    case Key::content_id: return "content_id";
    case Key::part: return "part";
    case Key::copy: return "copy";
    case Key::sha256: return "sha256";
    case Key::unknown: break;
  }
  return "an unknown key";
}

constexpr unsigned bit(Key key) { return 1u << static_cast<unsigned>(key); }

/// The events of nlohmann's parser, which is not recursive, go through a small state machine: no tree is built.
class Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Reader(std::string_view text, const std::string& source, std::size_t most_bytes)
      : text_(text), source_(source), left_(most_bytes) {}

  CatalogPart read() {
    // The library takes a zero byte for the end of the text.
    if (const std::size_t zero = text_.find('\0'); zero != std::string_view::npos)
      fail_at(zero, "a zero byte, expected JSON");
    nlohmann::json::sax_parse(text_, this);
    return {std::move(entries_), whole_};
  }

  bool null() override { return other("null"); }
  bool boolean(bool value) override {
    if (key_ != Key::part && key_ != Key::copy) return other(value ? "true" : "false");
    (key_ == Key::part ? entries_.back().part : entries_.back().copy) = value;
    return true;
  }
  bool number_integer(number_integer_t value) override { return other(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& digits) override {
    return other(printable(std::string_view(digits).substr(0, 60)));
  }
  bool binary(binary_t&) override { return other("binary"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (key_ == Key::version && value == kVersion) return true;
    if (key_ != Key::size || value > CatalogEntry::kMaxSize) return other(std::to_string(value));
    entries_.back().size = value;
    return true;
  }

  bool string(string_t& value) override {
    if (key_ == Key::name) {
      if (const std::string fault = path_fault(value); !fault.empty())
        fail("is " + config::in_quotes(value) + ", which " + fault);
      entries_.back().name = std::string_view(value);  // a copy: the parser's own has more room than it needs
      return true;
    }
    if (key_ == Key::sha256)
      return from_hex(value, entries_.back().sha256.emplace()) || other(config::in_quotes(value));
    if (key_ != Key::content_id) return other(config::in_quotes(value));
    return from_hex(value, entries_.back().content_id) || other(config::in_quotes(value));
  }

  bool start_object(std::size_t) override {
    if (place_ != Place::outside && place_ != Place::entries) other("an object", false);
    if (place_ == Place::entries) entries_.emplace_back();
    seen_ = place_ == Place::entries ? seen_ & ~kEntryKeys : 0;
    place_ = place_ == Place::outside ? Place::root : Place::entry;
    key_ = Key::unknown;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::root || key_ != Key::entries) other("a list", false);
    place_ = Place::entries;
    key_ = Key::unknown;
    return true;
  }

  bool key(string_t& name) override {
    key_ = Key::unknown;
    for (const Key known :
         {Key::version, Key::entries, Key::name, Key::size, Key::content_id, Key::part, Key::copy, Key::sha256})
      if (spelled(known) == name && ((bit(known) & kEntryKeys) != 0) == (place_ == Place::entry)) key_ = known;
    if (key_ != Key::unknown && (seen_ & bit(key_)) != 0) fail("is there twice");
    if (key_ != Key::unknown) seen_ |= bit(key_);
    return true;
  }

  bool end_object() override {
    key_ = Key::unknown;
    const bool in_entry = place_ == Place::entry;
    for (const Key needed : {Key::version, Key::entries, Key::name, Key::size, Key::content_id})
      if (((bit(needed) & kEntryKeys) != 0) == in_entry && (seen_ & bit(needed)) == 0)
        fail("has no \"" + std::string(spelled(needed)) + "\"");
    if (in_entry && entries_.size() > 1 && entries_[entries_.size() - 2].name >= entries_.back().name)
      fail("is " + config::in_quotes(entries_.back().name) + " behind " +
           config::in_quotes(entries_[entries_.size() - 2].name) + ", expected names in ascending order");
    place_ = in_entry ? Place::entries : Place::behind;
    return !in_entry || has_room_for_last();
  }

  bool end_array() override {
    place_ = Place::root;
    key_ = Key::unknown;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail_at(position == 0 ? 0 : position - 1, "no JSON, expected a catalog");
  }

 private:
  /// False, and the entry is dropped, when there is no room for it: the parser stops.
  bool has_room_for_last() {
    const std::size_t bytes = memory_of(entries_.back());
    whole_ = bytes <= left_;
    if (whole_)
      left_ -= bytes;
    else
      entries_.pop_back();
    return whole_;
  }

  static constexpr unsigned kEntryKeys =
      bit(Key::name) | bit(Key::size) | bit(Key::content_id) | bit(Key::part) | bit(Key::copy) | bit(Key::sha256);

  [[noreturn]] void fail_at(std::size_t offset, const std::string& message) const {
    const std::string_view before = text_.substr(0, std::min(offset, text_.size()));
    const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    throw ConfigError({{source_, line, before.size() - line_start + 1, message}});
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw ConfigError({{source_, 0, 0, pointer() + " " + message}});
  }

  /// A value that does not belong here. Under an unknown key a plain one is ignored.
  bool other(const std::string& found, bool plain = true) const {
    const bool in_object = place_ == Place::root || place_ == Place::entry;
    if (plain && in_object && key_ == Key::unknown) return true;
    fail("is " + found + ", expected " + expected());
  }

  std::string expected() const {
    switch (key_) {
      case Key::version: return "version 1";
      case Key::entries: return "a list of entries";
      case Key::name: return "a name";
      case Key::size: return "bytes from 0 to " + std::to_string(CatalogEntry::kMaxSize);
      case Key::part:
      case Key::copy: return "true or false";
      case Key::content_id:
      case Key::sha256: return "64 hexadecimal digits";
      case Key::unknown: break;
    }
    return place_ == Place::root || place_ == Place::entry ? "a plain value" : "an object";
  }

  std::string pointer() const {
    const std::string entry =
        "/entries/" + std::to_string(place_ == Place::entries ? entries_.size() : entries_.size() - 1);
    const std::string key = key_ == Key::unknown ? "" : "/" + std::string(spelled(key_));
    if (place_ == Place::entries) return entry;
    if (place_ == Place::entry) return entry + key;
    return key.empty() ? "the catalog" : key;
  }

  std::string_view text_;
  const std::string& source_;
  std::vector<CatalogEntry> entries_;
  Place place_ = Place::outside;
  Key key_ = Key::unknown;  ///< Whose value comes next, in an object.
  unsigned seen_ = 0;       ///< Keys, by bit().
  std::size_t left_;        ///< Of the memory that the entries may take.
  bool whole_ = true;
};

}  // namespace

std::size_t memory_of(const CatalogEntry& entry) { return 2 * sizeof entry + entry.name.capacity(); }

std::vector<CatalogEntry> parse_catalog(std::string_view text, const std::string& source) {
  return parse_catalog_part(text, source, SIZE_MAX).entries;
}

CatalogPart parse_catalog_part(std::string_view text, const std::string& source, std::size_t most_bytes) {
  if (text.size() > CatalogEntry::kMaxTextBytes)
    throw ConfigError({{source, 0, 0,
                        std::to_string(text.size()) + " bytes, expected a catalog of at most " +
                            std::to_string(CatalogEntry::kMaxTextBytes)}});
  return Reader(text, source, most_bytes).read();
}

std::string catalog_text(const std::vector<CatalogEntry>& entries) {
  constexpr std::string_view kEnd = "\n]}\n";
  std::string text = R"({"peerProcess_catalog":1,"entries":[)";
  bool first = true;
  for (const CatalogEntry& entry : entries) {
    const std::string line = (first ? "\n" : ",\n") + std::string(R"({"name":)") + nlohmann::json(entry.name).dump() +
                             R"(,"size":)" + std::to_string(entry.size) + R"(,"content_id":")" +
                             to_hex(entry.content_id) +
                             (entry.sha256 ? R"(","sha256":")" + to_hex(*entry.sha256) : std::string()) + "\"" +
                             (entry.part ? R"(,"part":true)" : "") + (entry.copy ? R"(,"copy":true)" : "") + "}";
    if (text.size() + line.size() + kEnd.size() > CatalogEntry::kMaxTextBytes) break;
    text += line;
    first = false;
  }
  return text.append(kEnd);
}

}  // namespace p2p::config
