/**
 * @file mmf.hpp
 * Memory-mapped files for C++17: the functions of mmf.h, with classes that release what they hold.
 *
 *     #include <mmf.hpp>
 *     #include <iostream>
 *
 *     int main() try {
 *         auto map = mmf::map::create_or_open("Test", 1024);
 *         map.append_text("Hello");
 *         std::cout << map.read_text() << '\n';
 *     } catch (const mmf::error &error) {
 *         std::cerr << error.what() << '\n';
 *         return 1;
 *     }
 *
 * Every function that can fail exists twice. For example, `open` throws `mmf::error`, and `try_open`
 * returns a `mmf::result<mmf::map>`, which contains either the map or the error. Functions that begin
 * with `try_` throw only `std::bad_alloc`, and only if they take a path or return a `std::string` or a
 * `std::vector`. Without exceptions (`-fno-exceptions`) only these functions are available.
 *
 * The functions cost no more than the C functions that they call: they allocate only what they return,
 * and use no locks and no tables. A `map`, a `view`, a `lock` and a `watch` can be moved but not copied;
 * their destructors close them. Everything that mmf.h says about a function applies here: results,
 * lifetimes, threads. Several threads may use one object at once, except while it is moved, assigned or
 * closed.
 *
 * Text is UTF-8 in `std::string_view` and `std::string`, or UTF-16 in `std::u16string_view`. All
 * functions are inline; link with mmf.
 */

#ifndef MMF_HPP
#define MMF_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "mmf.h"

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
/** 1: the functions that throw are available. */
#define MMF_EXCEPTIONS 1
#else
#define MMF_EXCEPTIONS 0
#endif

namespace mmf {

/** The access to a map or a view. */
enum class access : std::int32_t {
    read_write = MMF_ACCESS_READ_WRITE,
    read = MMF_ACCESS_READ,
    write = MMF_ACCESS_WRITE,
    copy_on_write = MMF_ACCESS_COPY_ON_WRITE,
    read_execute = MMF_ACCESS_READ_EXECUTE,
    read_write_execute = MMF_ACCESS_READ_WRITE_EXECUTE,
};

/** How a file is opened for a file map. */
enum class file_mode : std::int32_t {
    create_new = MMF_FILE_MODE_CREATE_NEW,
    create = MMF_FILE_MODE_CREATE,
    open = MMF_FILE_MODE_OPEN,
    open_or_create = MMF_FILE_MODE_OPEN_OR_CREATE,
};

/** The kind of a map. */
enum class kind : std::int32_t {
    named = MMF_KIND_NAMED,
    file = MMF_KIND_FILE,
    named_file = MMF_KIND_NAMED_FILE,
    anonymous = MMF_KIND_ANONYMOUS,
};

/** The encoding of text in a map. For reading, it applies if there is no byte order mark. */
enum class encoding : std::int32_t {
    utf8 = MMF_ENCODING_UTF8,
    utf8_mark = MMF_ENCODING_UTF8_MARK,
    utf16le = MMF_ENCODING_UTF16LE,
    utf16be = MMF_ENCODING_UTF16BE,
    utf32le = MMF_ENCODING_UTF32LE,
    utf32be = MMF_ENCODING_UTF32BE,
};

/** The part of a map that is saved to a file. */
enum class save_part : std::int32_t {
    map = MMF_SAVE_MAP,
    content = MMF_SAVE_CONTENT,
    text = MMF_SAVE_TEXT,
};

/** Whether others can hold the content lock at the same time. */
enum class lock_mode : std::int32_t {
    shared = MMF_LOCK_SHARED,
    exclusive = MMF_LOCK_EXCLUSIVE,
};

/** Why a wait for a change ended. */
enum class watch_event : std::int32_t {
    timed_out = MMF_WATCH_EVENT_TIMED_OUT,
    changed = MMF_WATCH_EVENT_CHANGED,
    orphaned = MMF_WATCH_EVENT_ORPHANED,
    truncated = MMF_WATCH_EVENT_TRUNCATED,
    alone = MMF_WATCH_EVENT_ALONE,
    closed = MMF_WATCH_EVENT_CLOSED,
};

/** The time that means "no limit". */
inline constexpr std::chrono::milliseconds forever{MMF_WAIT_FOREVER};

/** An error: its status, the code of the operating system, and a message that says what to do. */
class error : public std::exception {
public:
    explicit error(const mmf_error_t &raw) noexcept : raw_(raw) {}

    /** The message, as a C string. */
    const char *what() const noexcept override { return raw_.message; }
    /** The message. */
    std::string_view message() const noexcept { return {raw_.message, raw_.message_length}; }
    /** The kind of the error. */
    mmf_status_t status() const noexcept { return static_cast<mmf_status_t>(raw_.status); }
    /** The code of the operating system; 0: the failure did not come from there. */
    std::int32_t os_code() const noexcept { return raw_.os_code; }

private:
    mmf_error_t raw_;
};

/** The value of a function, or the error. */
template <class T> class [[nodiscard]] result {
public:
    result(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : either_(std::in_place_index<0>, std::move(value)) {}
    result(const mmf::error &failure) noexcept : either_(std::in_place_index<1>, failure) {}

    /** Whether there is a value. */
    bool has_value() const noexcept { return either_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /** The value. Only if there is one. */
    T &operator*() & noexcept { return *std::get_if<0>(&either_); }
    const T &operator*() const & noexcept { return *std::get_if<0>(&either_); }
    T &&operator*() && noexcept { return std::move(*std::get_if<0>(&either_)); }
    T *operator->() noexcept { return std::get_if<0>(&either_); }
    const T *operator->() const noexcept { return std::get_if<0>(&either_); }

    /** The error. Only if there is one. */
    const mmf::error &error() const noexcept { return *std::get_if<1>(&either_); }
    /** The status, `MMF_STATUS_OK` if there is a value. */
    mmf_status_t status() const noexcept { return has_value() ? MMF_STATUS_OK : error().status(); }

    /** The value, or the given one if there is none. */
    T value_or(T other) && { return has_value() ? std::move(**this) : std::move(other); }

    /** The value; throws the error if there is none (without exceptions: ends the program). */
    T value() && {
        if (!has_value()) {
#if MMF_EXCEPTIONS
            throw error();
#else
            std::abort();
#endif
        }
        return std::move(**this);
    }

private:
    std::variant<T, mmf::error> either_;
};

/** Success, or the error. */
template <> class [[nodiscard]] result<void> {
public:
    result() noexcept = default;
    result(const mmf::error &failure) noexcept : failure_(failure) {}

    /** Whether the call succeeded. */
    bool has_value() const noexcept { return !failure_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }

    /** The error. Only if there is one. */
    const mmf::error &error() const noexcept { return *failure_; }
    /** The status, `MMF_STATUS_OK` on success. */
    mmf_status_t status() const noexcept { return has_value() ? MMF_STATUS_OK : error().status(); }

    /** Throws the error if there is one (without exceptions: ends the program). */
    void value() && {
        if (!has_value()) {
#if MMF_EXCEPTIONS
            throw error();
#else
            std::abort();
#endif
        }
    }

private:
    std::optional<mmf::error> failure_;
};

/** The permissions of a map, on Unix. Fields without a value keep their default, or are not changed. */
struct permissions {
    std::optional<std::int32_t> mode;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
};

/** Options for creating or opening a map. */
struct map_options {
    /** The access that the map is created or opened with. */
    mmf::access access = mmf::access::read_write;
    /** For opening: `MMF_RIGHTS_` bits; 0: the rights that the access implies. */
    std::int32_t rights = MMF_RIGHTS_DEFAULT;
    /** For creating: allocate memory when it is touched, not now. */
    bool delay_allocation = false;
    /** Programs that this process starts inherit the handle. */
    bool inheritable = false;
    /** For creating, on Unix. */
    mmf::permissions permissions = {};
    /** For creating, on Windows: a security descriptor in SDDL. */
    std::string_view sddl = {};
    /** For opening: how long to wait for a map that does not exist yet or is not ready yet. */
    std::chrono::milliseconds wait{0};
    /**
     * For opening, on Unix: a user whose maps are opened besides those of the own user and root, as a
     * uid, or an `MMF_TRUSTED_OWNER_` number.
     */
    std::int64_t trusted_owner = MMF_TRUSTED_OWNER_SELF_AND_ROOT;
};

class lock;

/** Options for reading and writing text and content. */
struct text_options {
    /** The encoding for writing, and for reading text without a byte order mark. */
    mmf::encoding encoding = mmf::encoding::utf8;
    /** How long to wait for the content lock. */
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    /** A lock that the caller holds on this map. The function then takes none. */
    const mmf::lock *lock = nullptr;
    /** The separator between the content and an appended text. */
    std::string_view separator = "\r\n";
};

/** Options for saving a map to a file. */
struct save_options {
    /** The part that is saved. */
    save_part part = save_part::map;
    /** Fail if the file exists. */
    bool keep_existing = false;
    /** Replace a read-only file, too. */
    bool force = false;
    /** Text that is written after the content, for `save_part::text`. */
    std::string_view ending = {};
    /** Encoding, timeout and lock for reading the content. */
    text_options text = {};
};

/** The properties of a map and of a handle. */
struct map_info {
    mmf::kind kind;
    mmf::access access;
    /** `MMF_RIGHTS_` bits. */
    std::int32_t rights;
    bool inheritable;
    /** Whether a program that does not use this library created the map. */
    bool foreign;
    /** The name no longer refers to this map; no value if the operating system did not permit the check. */
    std::optional<bool> orphaned;
    /** Created read-only: no process may write it. */
    bool read_only;
    std::int64_t capacity;
    /** It belongs to the library: do not close it. */
    std::intptr_t descriptor;
};

/** A named map that exists. */
struct list_entry {
    std::string name;
    /** Empty for memory. */
    std::string path;
    std::int64_t capacity;
    mmf::kind kind;
    bool foreign;
    /** Can be opened without a `trusted_owner` in the options. */
    bool trusted;
    /** The owner is its `uid`. */
    mmf::permissions permissions;
};

/** Text that the library returned, without a copy into a `std::string`; freed by the destructor. */
class text {
public:
    text() noexcept = default;
    explicit text(mmf_text_t raw) noexcept : raw_(raw) {}
    text(text &&other) noexcept : raw_(std::exchange(other.raw_, {})) {}
    text &operator=(text &&other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    text(const text &) = delete;
    text &operator=(const text &) = delete;
    ~text() { mmf_text_free(raw_); }

    /** The text, which ends with a NUL. Never NULL. */
    const char *c_str() const noexcept { return raw_.data != nullptr ? raw_.data : ""; }
    std::size_t size() const noexcept { return raw_.length; }
    operator std::string_view() const noexcept { return {c_str(), size()}; }

private:
    mmf_text_t raw_{nullptr, 0};
};

namespace detail {

/** A call that fills one output, with an initial value. */
template <class Out, class Call> result<Out> get(Call &&call, Out out = {}) noexcept {
    mmf_error_t failure;
    if (call(&out, &failure) != MMF_STATUS_OK) {
        return error(failure);
    }
    return out;
}

/** A call without an output. */
template <class Call> result<void> run(Call &&call) noexcept {
    mmf_error_t failure;
    if (call(&failure) != MMF_STATUS_OK) {
        return error(failure);
    }
    return {};
}

/** An empty text is different from no text. */
inline const char *data(std::string_view text) noexcept {
    return text.data() != nullptr ? text.data() : "";
}

inline const std::uint16_t *data(std::u16string_view text) noexcept {
    const char16_t *units = text.data() != nullptr ? text.data() : u"";
    return reinterpret_cast<const std::uint16_t *>(units);
}

inline std::int64_t or_default(const std::optional<std::uint32_t> &number) noexcept {
    return number ? static_cast<std::int64_t>(*number) : -1;
}

inline mmf_permissions_t raw(const permissions &from) noexcept {
    mmf_permissions_t to = MMF_PERMISSIONS_INIT;
    to.mode = from.mode.value_or(-1);
    to.uid = or_default(from.uid);
    to.gid = or_default(from.gid);
    return to;
}

/** From a structure or from the entry of a list. */
template <class From> permissions cooked(const From &from) noexcept {
    permissions to;
    if (from.mode >= 0) {
        to.mode = from.mode;
    }
    if (from.uid >= 0) {
        to.uid = static_cast<std::uint32_t>(from.uid);
    }
    if (from.gid >= 0) {
        to.gid = static_cast<std::uint32_t>(from.gid);
    }
    return to;
}

inline mmf_map_options_t raw(const map_options &from) noexcept {
    mmf_map_options_t to = MMF_MAP_OPTIONS_INIT;
    const mmf_permissions_t who = raw(from.permissions);
    to.access = static_cast<std::int32_t>(from.access);
    to.rights = from.rights;
    to.allocation = from.delay_allocation ? MMF_ALLOCATION_DELAYED : MMF_ALLOCATION_NOW;
    to.inheritability = from.inheritable ? MMF_INHERITABILITY_INHERITABLE : MMF_INHERITABILITY_NONE;
    to.mode = who.mode;
    to.uid = who.uid;
    to.gid = who.gid;
    if (!from.sddl.empty()) {
        to.sddl = from.sddl.data();
        to.sddl_length = from.sddl.size();
    }
    to.wait_ms = from.wait.count();
    to.trusted_owner = from.trusted_owner;
    return to;
}

/** UTF-16 as UTF-8. Invalid units become a byte that the library refuses. */
template <class Unit> std::string utf8_of(std::basic_string_view<Unit> units) {
    std::string bytes;
    bytes.reserve(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
        auto code = static_cast<std::uint32_t>(units[i]);
        if (code >= 0xD800 && code < 0xDC00 && i + 1 < units.size()) {
            const auto low = static_cast<std::uint32_t>(units[i + 1]);
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                ++i;
            }
        }
        const auto put = [&](std::uint32_t byte) { bytes.push_back(static_cast<char>(byte)); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xC0 | code >> 6);
            put(0x80 | (code & 0x3F));
        } else if (code >= 0xD800 && code < 0xE000) {
            put(0xFF);
        } else if (code < 0x10000) {
            put(0xE0 | code >> 12);
            put(0x80 | (code >> 6 & 0x3F));
            put(0x80 | (code & 0x3F));
        } else {
            put(0xF0 | code >> 18);
            put(0x80 | (code >> 12 & 0x3F));
            put(0x80 | (code >> 6 & 0x3F));
            put(0x80 | (code & 0x3F));
        }
    }
    return bytes;
}

/** A path as UTF-8: unchanged on Unix, converted on Windows. */
inline decltype(auto) utf8(const std::filesystem::path &path) {
    using unit = std::filesystem::path::value_type;
    if constexpr (std::is_same_v<unit, char>) {
        return path.native();
    } else {
        return utf8_of(std::basic_string_view<unit>(path.native()));
    }
}

} // namespace detail

/** A content lock that is held; released by the destructor. */
class lock {
public:
    lock() noexcept = default;
    /** Takes ownership of a lock from C. */
    explicit lock(mmf_lock_t raw) noexcept : raw_(raw) {}
    lock(lock &&other) noexcept : raw_(other.detach()) {}
    lock &operator=(lock &&other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    lock(const lock &) = delete;
    lock &operator=(const lock &) = delete;
    ~lock() { mmf_lock_release(raw_, nullptr); }

    /** The lock for C functions. This object still owns it. */
    mmf_lock_t get() const noexcept { return raw_; }
    /** Gives up ownership of the lock: the caller must release it. */
    mmf_lock_t detach() noexcept { return std::exchange(raw_, {}); }
    explicit operator bool() const noexcept { return raw_.id != 0; }
    /** Releases the lock before the destructor does. */
    void release() noexcept { mmf_lock_release(detach(), nullptr); }

private:
    mmf_lock_t raw_{0};
};

/** A part of a map, as memory; closed by the destructor. It may outlive its map. */
class view {
public:
    view() noexcept = default;
    view(view &&other) noexcept
        : raw_(std::exchange(other.raw_, {})),
          info_(std::exchange(other.info_, MMF_VIEW_INFO_INIT)) {}
    view &operator=(view &&other) noexcept {
        std::swap(raw_, other.raw_);
        std::swap(info_, other.info_);
        return *this;
    }
    view(const view &) = delete;
    view &operator=(const view &) = delete;
    ~view() { mmf_view_close(raw_, nullptr); }

    /** The view for C functions. This object still owns it. */
    mmf_view_t get() const noexcept { return raw_; }
    explicit operator bool() const noexcept { return raw_.id != 0; }
    /** Closes the view before the destructor does. */
    void close() noexcept {
        mmf_view_close(std::exchange(raw_, {}), nullptr);
        info_ = MMF_VIEW_INFO_INIT;
    }

    /** The first byte. Others can change the memory at any time. */
    std::byte *data() const noexcept { return static_cast<std::byte *>(info_.pointer); }
    /** The size in bytes. */
    std::size_t size() const noexcept { return info_.size; }
    /** Its offset in the map. */
    std::int64_t offset() const noexcept { return info_.offset; }
    /** Its access. */
    mmf::access access() const noexcept { return static_cast<mmf::access>(info_.access); }

    /** Writes changes through the view of a file map to the disk. */
    result<void> try_flush() const noexcept {
        return detail::run([&](mmf_error_t *failure) { return mmf_view_flush(raw_, failure); });
    }
#if MMF_EXCEPTIONS
    void flush() const { try_flush().value(); }
#endif

private:
    friend class map;
    view(mmf_view_t raw, const mmf_view_info_t &info) noexcept : raw_(raw), info_(info) {}

    mmf_view_t raw_{0};
    mmf_view_info_t info_ = MMF_VIEW_INFO_INIT;
};

/**
 * Reports changes of a map; closed by the destructor. It holds the map. Create the watch, read the map,
 * wait, and read again: no change is missed.
 */
class watch {
public:
    watch() noexcept = default;
    /** Takes ownership of a watch from C. */
    explicit watch(mmf_watch_t raw) noexcept : raw_(raw) {}
    watch(watch &&other) noexcept : raw_(other.detach()) {}
    watch &operator=(watch &&other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    watch(const watch &) = delete;
    watch &operator=(const watch &) = delete;
    ~watch() { mmf_watch_close(raw_, nullptr); }

    /** The watch for C functions. This object still owns it. */
    mmf_watch_t get() const noexcept { return raw_; }
    /** Gives up ownership of the watch: the caller must close it. */
    mmf_watch_t detach() noexcept { return std::exchange(raw_, {}); }
    explicit operator bool() const noexcept { return raw_.id != 0; }
    /** Closes the watch before the destructor does. The object must outlive the waits of other threads. */
    void close() noexcept { mmf_watch_close(detach(), nullptr); }

    /** Waits for an event; zero: does not wait. A time-out is an event, too. */
    result<watch_event> try_wait(std::chrono::milliseconds timeout = forever) const noexcept {
        const auto raw = detail::get<std::int32_t>([&](auto *out, auto *failure) {
            return mmf_watch_wait(raw_, timeout.count(), out, failure);
        });
        if (!raw) {
            return raw.error();
        }
        return static_cast<watch_event>(*raw);
    }

    /** A descriptor for `poll` and similar functions (on Windows: an event; get it again after every wait). */
    result<std::intptr_t> try_descriptor() const noexcept {
        return detail::get<std::intptr_t>([&](auto *out, auto *failure) {
            return mmf_watch_get_descriptor(raw_, out, failure);
        });
    }
#if MMF_EXCEPTIONS
    watch_event wait(std::chrono::milliseconds timeout = forever) const {
        return try_wait(timeout).value();
    }
    std::intptr_t descriptor() const { return try_descriptor().value(); }
#endif

private:
    mmf_watch_t raw_{0};
};

namespace detail {

inline mmf_text_options_t raw(const text_options &from) noexcept {
    mmf_text_options_t to = MMF_TEXT_OPTIONS_INIT;
    to.encoding = static_cast<std::int32_t>(from.encoding);
    to.timeout_ms = from.timeout.count();
    if (from.lock != nullptr) {
        to.lock = from.lock->get();
    }
    to.separator = from.separator.data();
    to.separator_length = from.separator.size();
    return to;
}

} // namespace detail

/** A handle to a map; closed by the destructor. The name exists as long as any process has a handle. */
class map {
public:
    map() noexcept = default;
    /** Takes ownership of a handle from C. */
    explicit map(mmf_map_t raw) noexcept : raw_(raw) {}
    map(map &&other) noexcept : raw_(other.detach()) {}
    map &operator=(map &&other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    map(const map &) = delete;
    map &operator=(const map &) = delete;
    ~map() { mmf_map_close(raw_, nullptr); }

    /** The handle for C functions. This object still owns it. */
    mmf_map_t get() const noexcept { return raw_; }
    /** Gives up ownership of the handle: the caller must close it. */
    mmf_map_t detach() noexcept { return std::exchange(raw_, {}); }
    explicit operator bool() const noexcept { return raw_.id != 0; }
    /** Closes the handle before the destructor does. Views stay valid. */
    void close() noexcept { mmf_map_close(detach(), nullptr); }

    /** Creates a named map of `capacity` bytes, all zero. */
    static result<map> try_create_new(std::string_view name, std::int64_t capacity,
                                      const map_options &options = {}) noexcept {
        const auto how = detail::raw(options);
        return own([&](mmf_map_t *out, mmf_error_t *failure) {
            return mmf_map_create_new(detail::data(name), name.size(), capacity, &how, out, failure);
        });
    }

    /** Creates a map without a name. */
    static result<map> try_create_anonymous(std::int64_t capacity,
                                            const map_options &options = {}) noexcept {
        const auto how = detail::raw(options);
        return own([&](mmf_map_t *out, mmf_error_t *failure) {
            return mmf_map_create_new(nullptr, 0, capacity, &how, out, failure);
        });
    }

    /** Opens the map with this name if it exists, whatever its capacity; otherwise creates it. */
    static result<map> try_create_or_open(std::string_view name, std::int64_t capacity,
                                          const map_options &options = {}) noexcept {
        const auto how = detail::raw(options);
        return own([&](mmf_map_t *out, mmf_error_t *failure) {
            return mmf_map_create_or_open(detail::data(name), name.size(), capacity, &how, out,
                                          failure);
        });
    }

    /** Opens an existing named map. */
    static result<map> try_open(std::string_view name, const map_options &options = {}) noexcept {
        const auto how = detail::raw(options);
        return own([&](mmf_map_t *out, mmf_error_t *failure) {
            return mmf_map_open(detail::data(name), name.size(), &how, out, failure);
        });
    }

    /** Maps a file. The map can have a name. Capacity 0: the size of the file. */
    static result<map> try_create_from_file(const std::filesystem::path &path,
                                            file_mode mode = file_mode::open,
                                            std::optional<std::string_view> name = {},
                                            std::int64_t capacity = 0,
                                            const map_options &options = {}) {
        const auto how = detail::raw(options);
        const std::string &text = detail::utf8(path);
        return own([&](mmf_map_t *out, mmf_error_t *failure) {
            return mmf_map_create_from_file(
                text.data(), text.size(), static_cast<std::int32_t>(mode),
                name ? detail::data(*name) : nullptr, name ? name->size() : 0, capacity, &how, out,
                failure);
        });
    }

    /** Maps the file of an open descriptor (on Windows: of a file handle). */
    static result<map> try_create_from_descriptor(std::intptr_t descriptor, bool leave_open,
                                                  std::optional<std::string_view> name = {},
                                                  std::int64_t capacity = 0,
                                                  const map_options &options = {}) noexcept {
        const auto how = detail::raw(options);
        return own([&](mmf_map_t *out, mmf_error_t *failure) {
            return mmf_map_create_from_descriptor(descriptor, leave_open ? 1 : 0,
                                                  name ? detail::data(*name) : nullptr,
                                                  name ? name->size() : 0, capacity, &how, out,
                                                  failure);
        });
    }

    /** The properties of the map and of this handle. */
    result<map_info> try_info() const noexcept {
        const auto raw = detail::get<mmf_map_info_t>(
            [&](auto *out, auto *failure) { return mmf_map_get_info(raw_, out, failure); },
            MMF_MAP_INFO_INIT);
        if (!raw) {
            return raw.error();
        }
        map_info info{static_cast<mmf::kind>(raw->kind),
                      static_cast<mmf::access>(raw->access),
                      raw->rights,
                      raw->inheritable != 0,
                      raw->foreign != 0,
                      {},
                      raw->read_only != 0,
                      raw->capacity,
                      static_cast<std::intptr_t>(raw->descriptor)};
        if (raw->orphaned >= 0) {
            info.orphaned = raw->orphaned != 0;
        }
        return info;
    }

    /** The name that the map was created or opened with; empty: none. */
    result<std::string> try_name() const {
        return copied([&](auto *out, auto *failure) { return mmf_map_get_name(raw_, out, failure); });
    }

    /** The path of a file map; empty: none, or not known. */
    result<std::string> try_path() const {
        return copied([&](auto *out, auto *failure) { return mmf_map_get_path(raw_, out, failure); });
    }

    /** A new descriptor for the same memory, which the caller must close. */
    result<std::intptr_t> try_duplicate_descriptor() const noexcept {
        return detail::get<std::intptr_t>([&](auto *out, auto *failure) {
            return mmf_map_duplicate_descriptor(raw_, out, failure);
        });
    }

    /** Sets whether programs that this process starts inherit the handle. */
    result<void> try_set_inheritable(bool inheritable) const noexcept {
        return detail::run([&](auto *failure) {
            return mmf_map_set_inheritable(
                raw_, inheritable ? MMF_INHERITABILITY_INHERITABLE : MMF_INHERITABILITY_NONE,
                failure);
        });
    }

    /** The permissions of the map, on Unix. */
    result<mmf::permissions> try_permissions() const noexcept {
        const auto raw = detail::get<mmf_permissions_t>(
            [&](auto *out, auto *failure) { return mmf_map_get_permissions(raw_, out, failure); },
            MMF_PERMISSIONS_INIT);
        if (!raw) {
            return raw.error();
        }
        return detail::cooked(*raw);
    }

    /** Changes the permissions of the map, on Unix. */
    result<void> try_set_permissions(const mmf::permissions &permissions) const noexcept {
        const auto who = detail::raw(permissions);
        return detail::run(
            [&](auto *failure) { return mmf_map_set_permissions(raw_, &who, failure); });
    }

    /** The security descriptor in SDDL, on Windows; empty elsewhere. */
    result<std::string> try_sddl() const {
        return copied([&](auto *out, auto *failure) { return mmf_map_get_sddl(raw_, out, failure); });
    }

    /** Changes the security descriptor, on Windows. */
    result<void> try_set_sddl(std::string_view sddl) const noexcept {
        return detail::run([&](auto *failure) {
            return mmf_map_set_sddl(raw_, detail::data(sddl), sddl.size(), failure);
        });
    }

    /** Reads bytes at an offset. */
    result<void> try_read(std::int64_t offset, void *buffer, std::size_t size) const noexcept {
        return detail::run(
            [&](auto *failure) { return mmf_map_read(raw_, offset, buffer, size, failure); });
    }

    /** Writes bytes at an offset. */
    result<void> try_write(std::int64_t offset, const void *data, std::size_t size) const noexcept {
        return detail::run(
            [&](auto *failure) { return mmf_map_write(raw_, offset, data, size, failure); });
    }

    /** Fills bytes with one value. */
    result<void> try_fill(std::int64_t offset, std::int64_t count,
                          std::uint8_t value) const noexcept {
        return detail::run(
            [&](auto *failure) { return mmf_map_fill(raw_, offset, count, value, failure); });
    }

    /** Writes the changes of a file map to the disk. */
    result<void> try_flush() const noexcept {
        return detail::run([&](auto *failure) { return mmf_map_flush(raw_, failure); });
    }

    /** Saves the map, its content or its text to a file. */
    result<void> try_save(const std::filesystem::path &path,
                          const save_options &options = {}) const {
        const auto reading = detail::raw(options.text);
        mmf_save_options_t how = MMF_SAVE_OPTIONS_INIT;
        how.part = static_cast<std::int32_t>(options.part);
        how.keep_existing = options.keep_existing ? 1 : 0;
        how.force = options.force ? 1 : 0;
        how.ending = options.ending.data();
        how.ending_length = options.ending.size();
        how.text = &reading;
        const std::string &text = detail::utf8(path);
        return detail::run([&](auto *failure) {
            return mmf_map_save(raw_, text.data(), text.size(), &how, failure);
        });
    }

    /** Replaces the content with a text. */
    result<void> try_replace_text(std::string_view text,
                                  const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::run([&](auto *failure) {
            return mmf_text_replace(raw_, detail::data(text), text.size(), &how, failure);
        });
    }
    result<void> try_replace_text(std::u16string_view text,
                                  const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::run([&](auto *failure) {
            return mmf_text_replace16(raw_, detail::data(text), text.size(), &how, failure);
        });
    }

    /** Appends a text to the content, after the separator if there is content. */
    result<void> try_append_text(std::string_view text,
                                 const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::run([&](auto *failure) {
            return mmf_text_append(raw_, detail::data(text), text.size(), &how, failure);
        });
    }
    result<void> try_append_text(std::u16string_view text,
                                 const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::run([&](auto *failure) {
            return mmf_text_append16(raw_, detail::data(text), text.size(), &how, failure);
        });
    }

    /** The content as text, in the library's memory. */
    result<text> try_take_text(const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        auto raw = detail::get<mmf_text_t>([&](auto *out, auto *failure) {
            return mmf_text_read(raw_, &how, out, failure);
        });
        if (!raw) {
            return raw.error();
        }
        return text(*raw);
    }

    /** The content as text. */
    result<std::string> try_read_text(const text_options &options = {}) const {
        const auto taken = try_take_text(options);
        if (!taken) {
            return taken.error();
        }
        return std::string(std::string_view(*taken));
    }

    /** The content as UTF-16. */
    result<std::u16string> try_read_text16(const text_options &options = {}) const {
        const auto how = detail::raw(options);
        const auto raw = detail::get<mmf_text16_t>([&](auto *out, auto *failure) {
            return mmf_text_read16(raw_, &how, out, failure);
        });
        if (!raw) {
            return raw.error();
        }
        const given<mmf_text16_t, mmf_text_free16> owner{*raw};
        return std::u16string(raw->data, raw->data + raw->length);
    }

    /** Replaces the content with bytes, unchanged. */
    result<void> try_replace_content(const void *data, std::size_t size,
                                     const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::run([&](auto *failure) {
            return mmf_content_replace(raw_, data, size, &how, failure);
        });
    }

    /** Appends bytes, unchanged, after the separator of the options. */
    result<void> try_append_content(const void *data, std::size_t size,
                                    const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::run([&](auto *failure) {
            return mmf_content_append(raw_, data, size, &how, failure);
        });
    }

    /** The content as bytes, including NULs inside. */
    result<std::vector<std::byte>> try_read_content(const text_options &options = {}) const {
        const auto how = detail::raw(options);
        const auto raw = detail::get<mmf_bytes_t>([&](auto *out, auto *failure) {
            return mmf_content_read(raw_, &how, out, failure);
        });
        if (!raw) {
            return raw.error();
        }
        const given<mmf_bytes_t, mmf_bytes_free> owner{*raw};
        const auto *first = reinterpret_cast<const std::byte *>(raw->data);
        return std::vector<std::byte>(first, first + raw->length);
    }

    /** The length of the content in bytes. */
    result<std::int64_t> try_content_length(const text_options &options = {}) const noexcept {
        const auto how = detail::raw(options);
        return detail::get<std::int64_t>([&](auto *out, auto *failure) {
            return mmf_content_get_length(raw_, &how, out, failure);
        });
    }

    /** Takes the content lock, for several steps. Pass it in `text_options`. */
    result<mmf::lock> try_lock(lock_mode mode = lock_mode::exclusive,
                               std::chrono::milliseconds timeout
                               = std::chrono::seconds(30)) const noexcept {
        const auto raw = detail::get<mmf_lock_t>([&](auto *out, auto *failure) {
            return mmf_lock_take(raw_, static_cast<std::int32_t>(mode), timeout.count(), out,
                                 failure);
        });
        if (!raw) {
            return raw.error();
        }
        return mmf::lock(*raw);
    }

    /** Starts to watch the map for changes. */
    result<mmf::watch> try_watch() const noexcept {
        const auto raw = detail::get<mmf_watch_t>(
            [&](auto *out, auto *failure) { return mmf_watch_create(raw_, out, failure); });
        if (!raw) {
            return raw.error();
        }
        return mmf::watch(*raw);
    }

    /** Notifies all watches of the map of a change. Call it after stores through a view. */
    result<void> try_notify() const noexcept {
        return detail::run([&](mmf_error_t *failure) { return mmf_map_notify(raw_, failure); });
    }

    /** A view of the map: `size` bytes from `offset`; 0: up to the end. */
    result<mmf::view> try_view(std::int64_t offset = 0, std::int64_t size = 0,
                               mmf::access access = mmf::access::read_write) const noexcept {
        const auto raw = detail::get<mmf_view_t>([&](auto *out, auto *failure) {
            return mmf_view_create(raw_, offset, size, static_cast<std::int32_t>(access), out,
                                   failure);
        });
        if (!raw) {
            return raw.error();
        }
        mmf::view made(*raw, MMF_VIEW_INFO_INIT);
        const auto info = detail::get<mmf_view_info_t>(
            [&](auto *out, auto *failure) { return mmf_view_get_info(made.raw_, out, failure); },
            MMF_VIEW_INFO_INIT);
        if (!info) {
            return info.error();
        }
        made.info_ = *info;
        return made;
    }

#if MMF_EXCEPTIONS
    static map create_new(std::string_view name, std::int64_t capacity,
                          const map_options &options = {}) {
        return try_create_new(name, capacity, options).value();
    }
    static map create_anonymous(std::int64_t capacity, const map_options &options = {}) {
        return try_create_anonymous(capacity, options).value();
    }
    static map create_or_open(std::string_view name, std::int64_t capacity,
                              const map_options &options = {}) {
        return try_create_or_open(name, capacity, options).value();
    }
    static map open(std::string_view name, const map_options &options = {}) {
        return try_open(name, options).value();
    }
    static map create_from_file(const std::filesystem::path &path, file_mode mode = file_mode::open,
                                std::optional<std::string_view> name = {},
                                std::int64_t capacity = 0, const map_options &options = {}) {
        return try_create_from_file(path, mode, name, capacity, options).value();
    }
    static map create_from_descriptor(std::intptr_t descriptor, bool leave_open,
                                      std::optional<std::string_view> name = {},
                                      std::int64_t capacity = 0, const map_options &options = {}) {
        return try_create_from_descriptor(descriptor, leave_open, name, capacity, options).value();
    }
    map_info info() const { return try_info().value(); }
    std::string name() const { return try_name().value(); }
    std::string path() const { return try_path().value(); }
    std::int64_t capacity() const { return info().capacity; }
    std::intptr_t duplicate_descriptor() const { return try_duplicate_descriptor().value(); }
    void set_inheritable(bool inheritable) const { try_set_inheritable(inheritable).value(); }
    mmf::permissions permissions() const { return try_permissions().value(); }
    void set_permissions(const mmf::permissions &who) const { try_set_permissions(who).value(); }
    std::string sddl() const { return try_sddl().value(); }
    void set_sddl(std::string_view sddl) const { try_set_sddl(sddl).value(); }
    void read(std::int64_t offset, void *buffer, std::size_t size) const {
        try_read(offset, buffer, size).value();
    }
    void write(std::int64_t offset, const void *data, std::size_t size) const {
        try_write(offset, data, size).value();
    }
    void fill(std::int64_t offset, std::int64_t count, std::uint8_t value) const {
        try_fill(offset, count, value).value();
    }
    void flush() const { try_flush().value(); }
    void save(const std::filesystem::path &path, const save_options &options = {}) const {
        try_save(path, options).value();
    }
    void replace_text(std::string_view text, const text_options &options = {}) const {
        try_replace_text(text, options).value();
    }
    void replace_text(std::u16string_view text, const text_options &options = {}) const {
        try_replace_text(text, options).value();
    }
    void append_text(std::string_view text, const text_options &options = {}) const {
        try_append_text(text, options).value();
    }
    void append_text(std::u16string_view text, const text_options &options = {}) const {
        try_append_text(text, options).value();
    }
    text take_text(const text_options &options = {}) const {
        return try_take_text(options).value();
    }
    std::string read_text(const text_options &options = {}) const {
        return try_read_text(options).value();
    }
    std::u16string read_text16(const text_options &options = {}) const {
        return try_read_text16(options).value();
    }
    void replace_content(const void *data, std::size_t size,
                         const text_options &options = {}) const {
        try_replace_content(data, size, options).value();
    }
    void append_content(const void *data, std::size_t size, const text_options &options = {}) const {
        try_append_content(data, size, options).value();
    }
    std::vector<std::byte> read_content(const text_options &options = {}) const {
        return try_read_content(options).value();
    }
    std::int64_t content_length(const text_options &options = {}) const {
        return try_content_length(options).value();
    }
    mmf::lock lock(lock_mode mode = lock_mode::exclusive,
                   std::chrono::milliseconds timeout = std::chrono::seconds(30)) const {
        return try_lock(mode, timeout).value();
    }
    mmf::watch watch() const { return try_watch().value(); }
    void notify() const { try_notify().value(); }
    mmf::view view(std::int64_t offset = 0, std::int64_t size = 0,
                   mmf::access access = mmf::access::read_write) const {
        return try_view(offset, size, access).value();
    }
#endif

private:
    /** Memory of the library that the destructor frees, even if an exception is thrown. */
    template <class Raw, void (*Free)(Raw)> struct given {
        explicit given(const Raw &from) noexcept : raw(from) {}
        given(const given &) = delete;
        given &operator=(const given &) = delete;
        ~given() { Free(raw); }
        Raw raw;
    };

    template <class Call> static result<map> own(Call &&call) noexcept {
        const auto raw = detail::get<mmf_map_t>(call);
        if (!raw) {
            return raw.error();
        }
        return map(*raw);
    }

    template <class Call> static result<std::string> copied(Call &&call) {
        const auto raw = detail::get<mmf_text_t>(call);
        if (!raw) {
            return raw.error();
        }
        const text owner(*raw);
        return std::string(std::string_view(owner));
    }

    mmf_map_t raw_{0};
};

/** The named maps that exist, including foreign ones, ordered by name. */
inline result<std::vector<list_entry>> try_list() {
    const auto raw
        = detail::get<mmf_list_t>([](auto *out, auto *failure) { return mmf_list_get(out, failure); });
    if (!raw) {
        return raw.error();
    }
    struct given {
        mmf_list_t list;
        ~given() { mmf_list_free(list); }
    };
    const given owner{*raw};
    const auto copy = [](const mmf_text_t &text) {
        return text.data != nullptr ? std::string(text.data, text.length) : std::string();
    };
    std::vector<list_entry> list;
    list.reserve(raw->length);
    for (std::size_t i = 0; i < raw->length; ++i) {
        const mmf_list_entry_t &entry = *MMF_LIST_ENTRY(*raw, i);
        list.push_back({copy(entry.name), copy(entry.path), entry.capacity,
                        static_cast<kind>(entry.kind), entry.foreign != 0,
                        entry.trusted != 0, detail::cooked(entry)});
    }
    return list;
}

#if MMF_EXCEPTIONS
inline std::vector<list_entry> list() { return try_list().value(); }
#endif

} // namespace mmf

#endif // MMF_HPP
