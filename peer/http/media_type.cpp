#include "peer/http/media_type.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "peer/http/asked_path.hpp"
#include "peer/http/field.hpp"

namespace p2p {
namespace {

constexpr std::string_view kBytes = "application/octet-stream";
constexpr std::string_view kUtf8 = "; charset=utf-8";

using Type = std::pair<std::string_view, std::string_view>;
// The IANA registry, and for what has no type there, what servers commonly say.
constexpr auto kTypes = std::to_array<Type>({
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/plain"},
    {"cfg", "text/plain"},
    {"conf", "text/plain"},
    {"cpp", "text/plain"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"deb", "application/vnd.debian.binary-package"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gpg", "application/pgp-encrypted"},
    {"gz", "application/gzip"},
    {"h", "text/plain"},
    {"hpp", "text/plain"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ini", "text/plain"},
    {"iso", "application/vnd.efi.iso"},
    {"jar", "application/java-archive"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"log", "text/plain"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"md", "text/markdown"},
    {"mjs", "text/javascript"},
    {"mkv", "video/matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"parquet", "application/vnd.apache.parquet"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"py", "text/x-python"},
    {"rpm", "application/x-rpm"},
    {"rst", "text/plain"},
    {"sh", "text/x-shellscript"},
    {"sig", "application/pgp-signature"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"tsv", "text/tab-separated-values"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain"},
    {"vtt", "text/vtt"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webp", "image/webp"},
    {"whl", "application/zip"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
});

/// Nothing that could end the quotes, and nothing that an old client does not understand.
std::string plain_name(std::string_view name) {
  std::string plain(name);
  std::ranges::replace_if(
      plain, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%'; }, '_');
  return plain;
}

}  // namespace

std::string media_type(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return std::string(kBytes);
  const auto found = std::ranges::find_if(
      kTypes, [end = name.substr(dot + 1)](const Type& type) { return is_same_word(type.first, end); });
  if (found == kTypes.end()) return std::string(kBytes);
  const bool is_text = found->second.starts_with("text/");
  return std::string(found->second).append(is_text ? kUtf8 : "");
}

std::string disposition(std::string_view name, bool is_download) {
  const std::string plain = plain_name(name);
  std::string text = (is_download ? "attachment; filename=\"" : "inline; filename=\"") + plain + '"';
  if (plain != name) text += "; filename*=UTF-8''" + escape_part(name);
  return text;
}

}  // namespace p2p
