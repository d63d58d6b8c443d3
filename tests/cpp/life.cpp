// Uses all features of a map in C++. Arguments: a name that no other program uses, and an empty folder
// for files.

#include <mmf.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <new>
#include <thread>

#define CHECK(what)                                                                                \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #what);                \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

// Counts the allocations, to check that the types allocate nothing beyond the C functions.
static std::size_t allocations = 0;

void *operator new(std::size_t size) {
    ++allocations;
    if (void *memory = std::malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

static_assert(sizeof(mmf::map) == sizeof(mmf_map_t));
static_assert(sizeof(mmf::lock) == sizeof(mmf_lock_t));
static_assert(!std::is_copy_constructible_v<mmf::map> && !std::is_copy_assignable_v<mmf::map>);
static_assert(!std::is_copy_constructible_v<mmf::view> && !std::is_copy_assignable_v<mmf::view>);
static_assert(!std::is_copy_constructible_v<mmf::lock> && !std::is_copy_assignable_v<mmf::lock>);
static_assert(std::is_nothrow_move_constructible_v<mmf::map>);
static_assert(std::is_nothrow_move_assignable_v<mmf::view>);
static_assert(std::is_nothrow_copy_constructible_v<mmf::error>);

static std::string name;
static std::filesystem::path folder;

template <class Call> static void throws(mmf_status_t status, Call call) {
    try {
        call();
    } catch (const mmf::error &error) {
        CHECK(error.status() == status);
        CHECK(error.message() == error.what() && !error.message().empty());
        return;
    }
    CHECK(!"the call must throw");
}

static void a_name_exists_as_long_as_an_object() {
    throws(MMF_STATUS_NOT_FOUND, [] { mmf::map::open(name); });
    mmf::view view;
    {
        auto first = mmf::map::create_new(name, 1024);
        throws(MMF_STATUS_ALREADY_EXISTS, [] { mmf::map::create_new(name, 1024); });
        auto second = mmf::map::open(name);
        auto third = mmf::map::create_or_open(name, 1);
        CHECK(third.capacity() == first.capacity());
        CHECK(third.info().kind == mmf::kind::named && third.name() == name);
        CHECK(third.path().empty() && !*third.info().orphaned);
        first.replace_text("Process A says: Hello World!");
        second.append_text("Process B says: Hello World!");
        first.close();
        second = mmf::map();
        CHECK(!first && !second && third);
        CHECK(third.read_text() == "Process A says: Hello World!\r\nProcess B says: Hello World!");
        view = third.view(8, 1, mmf::access::read);
        throws(MMF_STATUS_INVALID_HANDLE, [&] { first.read_text(); });
    }
    throws(MMF_STATUS_NOT_FOUND, [] { mmf::map::open(name); });
    CHECK(view.size() == 1 && view.data()[0] == std::byte('A'));
}

static void moved_objects_are_closed_once() {
    auto map = mmf::map::create_anonymous(64);
    const mmf_map_t raw = map.get();
    mmf::map moved = std::move(map);
    CHECK(!map && moved.get().id == raw.id);
    map = std::move(moved);
    CHECK(map.get().id == raw.id);
    {
        const mmf::map inner = std::move(map);
    }
    CHECK(mmf_map_close(raw, nullptr) == MMF_STATUS_CLOSED);

    auto given = mmf::map::create_anonymous(64);
    const mmf_map_t taken = given.detach();
    CHECK(!given && mmf_map_close(taken, nullptr) == MMF_STATUS_OK);

    auto other = mmf::map::create_anonymous(64);
    auto view = other.view();
    const mmf_view_t window = view.get();
    auto moved_view = std::move(view);
    CHECK(!view && view.data() == nullptr && moved_view.get().id == window.id);
    moved_view.close();
    CHECK(mmf_view_close(window, nullptr) == MMF_STATUS_CLOSED);
}

static void results_hold_a_value_or_an_error() {
    auto missing = mmf::map::try_open(name);
    CHECK(!missing && !missing.has_value() && missing.status() == MMF_STATUS_NOT_FOUND);
    CHECK(missing.error().message().find(name) != std::string_view::npos);
    throws(MMF_STATUS_NOT_FOUND, [&] { std::move(missing).value(); });
    CHECK(!mmf::map::try_open(name).value_or(mmf::map()));

    auto made = mmf::map::try_create_new(name, 64);
    CHECK(made && made.status() == MMF_STATUS_OK && made->name() == name);
    const mmf::map map = std::move(*made);
    CHECK(map.try_append_text("x"));
    CHECK(map.try_write(-1, "x", 1).status() == MMF_STATUS_OUT_OF_RANGE);
    CHECK(map.try_view(0, 1 << 20).status() == MMF_STATUS_ACCESS_DENIED);
    // An empty name is refused; it does not mean an anonymous map.
    CHECK(mmf::map::try_create_new({}, 64).status() == MMF_STATUS_INVALID_ARGUMENT);
    CHECK(mmf::map::try_open({}).status() == MMF_STATUS_INVALID_ARGUMENT);
}

static void the_types_allocate_nothing() {
    char buffer[4] = {};
    const std::string_view called = name;
    const std::size_t before = allocations;
    {
        auto map = mmf::map::try_create_new(called, 4096);
        auto other = mmf::map::try_open(called);
        CHECK(map && other);
        CHECK(map->try_replace_text("text") && map->try_append_text(u"wide"));
        CHECK(other->try_read(0, buffer, 4) && map->try_write(0, "TEXT", 4));
        auto view = map->try_view();
        auto lock = map->try_lock();
        mmf::text_options under;
        under.lock = &*lock;
        auto text = map->try_take_text(under);
        CHECK(view && text && std::string_view(*text) == "TEXT\r\nwide");
        CHECK(!mmf::map::try_create_new(called, 4096));
    }
    CHECK(allocations == before);
}

static void text_and_content() {
    const auto map = mmf::map::create_anonymous(4096);
    map.replace_text(u"\u00E4\u20AC\U0001F600");
    CHECK(map.read_text() == "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
    CHECK(map.read_text16() == u"\u00E4\u20AC\U0001F600");
    mmf::text_options options;
    options.separator = "; ";
    options.encoding = mmf::encoding::utf16be;
    map.replace_text("one", options);
    map.append_text(u"two", options);
    CHECK(map.read_text() == "one; two");
    map.replace_content("a\0b", 3);
    options.separator = "-";
    map.append_content("c", 1, options);
    const auto bytes = map.read_content();
    CHECK(map.content_length() == 5 && bytes.size() == 5);
    CHECK(std::memcmp(bytes.data(), "a\0b-c", 5) == 0);
    map.replace_text("");
    CHECK(map.read_text().empty() && map.read_content().empty());
    const mmf::text empty = map.take_text();
    CHECK(empty.size() == 0 && *empty.c_str() == '\0');
    throws(MMF_STATUS_INVALID_TEXT, [&] { map.append_text("\xFF"); });
    throws(MMF_STATUS_INVALID_TEXT, [&] { map.append_text(std::u16string(1, u'\xD800')); });
    throws(MMF_STATUS_TOO_LONG, [&] { map.replace_text(std::string(100'000, 'x')); });
}

static void bytes_views_and_locks() {
    const auto map = mmf::map::create_anonymous(10000);
    map.fill(5000, 16, 7);
    map.write(5001, "abc", 3);
    auto view = map.view(5001, 3);
    CHECK(view.size() == 3 && view.offset() == 5001 && view.access() == mmf::access::read_write);
    CHECK(std::memcmp(view.data(), "abc", 3) == 0);
    view.data()[2] = std::byte('d');
    view.flush();
    char buffer[3];
    map.read(5001, buffer, 3);
    CHECK(std::memcmp(buffer, "abd", 3) == 0);

    map.replace_text("0");
    const auto count = [&] {
        for (int i = 0; i < 100; i++) {
            const auto lock = map.lock();
            mmf::text_options under;
            under.lock = &lock;
            map.replace_text(std::to_string(std::stoi(map.read_text(under)) + 1), under);
        }
    };
    std::thread other(count);
    count();
    other.join();
    CHECK(map.read_text() == "200");
    auto lock = map.lock(mmf::lock_mode::exclusive, std::chrono::milliseconds(0));
    CHECK(map.try_lock(mmf::lock_mode::shared, std::chrono::milliseconds(0)).status() ==
          MMF_STATUS_TIMEOUT);
    lock.release();
    CHECK(!lock && map.try_lock(mmf::lock_mode::shared, mmf::forever));
}

static void files_and_the_list() {
    const auto path = folder / std::filesystem::u8path("mapped \xC3\xA4\xF0\x9F\x98\x80");
    throws(MMF_STATUS_NOT_FOUND, [&] { mmf::map::create_from_file(path); });
    throws(MMF_STATUS_INVALID_ARGUMENT, [&] {
        mmf::map::create_from_file(path, mmf::file_mode::create_new, "", 64);
    });
    const auto map = mmf::map::create_from_file(path, mmf::file_mode::create_new, name, 100);
    CHECK(map.info().kind == mmf::kind::named_file && map.capacity() == 100);
    CHECK(std::filesystem::equivalent(std::filesystem::u8path(map.path()), path));
    map.replace_text("in the file");
    map.flush();
    CHECK(mmf::map::open(name).read_text() == "in the file");

    mmf::save_options options;
    options.part = mmf::save_part::text;
    options.ending = "\n";
    map.save(folder / "saved", options);
    options.keep_existing = true;
    throws(MMF_STATUS_ALREADY_EXISTS, [&] { map.save(folder / "saved", options); });
    std::ifstream saved(folder / "saved");
    std::string line;
    CHECK(std::getline(saved, line) && line == "in the file");

    std::size_t seen = 0;
    for (const auto &entry : mmf::list()) {
        if (entry.name == name) {
            seen++;
            CHECK(entry.kind == mmf::kind::named_file && entry.capacity == 100 && !entry.foreign);
            CHECK(entry.trusted);
            CHECK(std::filesystem::equivalent(std::filesystem::u8path(entry.path), path));
        }
    }
    CHECK(seen == 1);
}

static void options() {
    mmf::map_options how;
    how.delay_allocation = true;
    how.inheritable = true;
    const auto map = mmf::map::create_new(name, std::int64_t(1) << 30, how);
    CHECK(map.info().inheritable);
    map.set_inheritable(false);
    CHECK(!map.info().inheritable);
    mmf::map_options less;
    less.access = mmf::access::read;
    const auto reader = mmf::map::open(name, less);
    CHECK(reader.info().access == mmf::access::read);
    throws(MMF_STATUS_ACCESS_DENIED, [&] { reader.replace_text("x"); });
    mmf::map_options wait;
    wait.wait = std::chrono::milliseconds(-2);
    throws(MMF_STATUS_OUT_OF_RANGE, [&] { mmf::map::open(name, wait); });
    mmf::map_options trust;
    trust.trusted_owner = 1234;
    CHECK(mmf::map::open(name, trust).capacity() == map.capacity());
    // Not a valid uid.
    trust.trusted_owner = -1;
    throws(MMF_STATUS_OUT_OF_RANGE, [&] { mmf::map::open(name, trust); });
    throws(MMF_STATUS_OUT_OF_RANGE, [&] { mmf::map::create_or_open(name, 1, trust); });
#if !defined(_WIN32)
    mmf::permissions wanted;
    wanted.mode = 0640;
    // On systems where maps have no permissions, the call returns NOT_SUPPORTED.
    const auto changed = map.try_set_permissions(wanted);
    if (changed) {
        CHECK(map.permissions().mode == 0640 && map.permissions().uid && map.sddl().empty());
    } else {
        CHECK(changed.status() == MMF_STATUS_NOT_SUPPORTED);
    }
    throws(MMF_STATUS_NOT_SUPPORTED, [&] { map.set_sddl("D:"); });
#endif
}

// On systems without watches, creating one returns NOT_SUPPORTED.
static void watches() {
    const auto map = mmf::map::create_anonymous(64);
    auto made = map.try_watch();
    if (!made && made.status() == MMF_STATUS_NOT_SUPPORTED) {
        return;
    }
    mmf::watch watch = std::move(made).value();
    CHECK(watch.wait(std::chrono::milliseconds(0)) == mmf::watch_event::timed_out);
    map.replace_text("text");
    mmf::watch moved = std::move(watch);
    CHECK(!watch && moved && moved.descriptor() >= 0);
    CHECK(moved.wait() == mmf::watch_event::changed);
    map.notify();
    CHECK(moved.wait() == mmf::watch_event::changed);
    throws(MMF_STATUS_OUT_OF_RANGE, [&] { moved.wait(std::chrono::milliseconds(-2)); });
    moved.close();
    throws(MMF_STATUS_INVALID_HANDLE, [&] { moved.wait(); });
}

// Converts the paths of Windows, which are UTF-16.
static void windows_paths() {
    using mmf::detail::utf8_of;
    CHECK(utf8_of(std::u16string_view(u"a\u00E4\u20AC\U0001F600z")) ==
          "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z");
    for (const auto wrong : {u"\xD800", u"\xDC00", u"\xD800\xD800", u"\xDC00\xD800"}) {
        CHECK(utf8_of(std::u16string_view(wrong)).find('\xFF') != std::string::npos);
    }
    CHECK(utf8_of(std::u16string_view(u"\uD7FF\uE000\uFFFF\u07FF\u0800\u007F")) ==
          "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xDF\xBF\xE0\xA0\x80\x7F");
}

int main(int count, char **arguments) {
    CHECK(count == 3);
    name = arguments[1];
    folder = std::filesystem::u8path(arguments[2]);
    a_name_exists_as_long_as_an_object();
    moved_objects_are_closed_once();
    results_hold_a_value_or_an_error();
    the_types_allocate_nothing();
    text_and_content();
    bytes_views_and_locks();
    files_and_the_list();
    options();
    watches();
    windows_paths();
    std::cout << "all steps passed\n";
    return 0;
}
