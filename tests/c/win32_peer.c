/* A program that does not use this library: it shares memory with the tests only through Win32.
 *
 *   win32_peer create NAME SIZE TEXT   CreateFileMappingW; writes the text, waits for a line of
 *                                      standard input, and prints the text that is there then
 *   win32_peer open NAME TEXT          OpenFileMappingW; prints the size of the view and the text
 *                                      that is there, and writes its own
 *   win32_peer inherited HANDLE        prints the text in the section of an inherited handle
 *   win32_peer event NAME              creates an event with the name
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static int failed(const char *what)
{
    printf("%s: error %lu\n", what, (unsigned long)GetLastError());
    return 1;
}

static void wait_for_a_line(void)
{
    int c;
    do {
        c = getchar();
    } while (c != '\n' && c != EOF);
}

static void print_line(const char *text)
{
    puts(text);
    fflush(stdout);
}

static void write_text(char *bytes, const wchar_t *text)
{
    size_t i = 0;
    do {
        bytes[i] = (char)text[i];
    } while (text[i++] != 0);
}

static int create(const wchar_t *name, const wchar_t *size, const wchar_t *text)
{
    DWORD bytes = (DWORD)wcstoul(size, NULL, 10);
    HANDLE section =
        CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, bytes, name);
    if (section == NULL) {
        return failed("CreateFileMappingW");
    }
    if (GetLastError() == ERROR_ALREADY_EXISTS) {
        print_line("exists");
    }
    char *view = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    if (view == NULL) {
        return failed("MapViewOfFile");
    }
    write_text(view, text);
    print_line("ready");
    wait_for_a_line();
    print_line(view);
    UnmapViewOfFile(view);
    CloseHandle(section);
    return 0;
}

static int open(const wchar_t *name, const wchar_t *text)
{
    HANDLE section = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    if (section == NULL) {
        return failed("OpenFileMappingW");
    }
    char *view = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);
    if (view == NULL) {
        return failed("MapViewOfFile");
    }
    MEMORY_BASIC_INFORMATION facts;
    if (VirtualQuery(view, &facts, sizeof facts) == 0) {
        return failed("VirtualQuery");
    }
    printf("%lu %s\n", (unsigned long)facts.RegionSize, view);
    write_text(view, text);
    return 0;
}

static int inherited(const wchar_t *number)
{
    HANDLE section = (HANDLE)(intptr_t)wcstoll(number, NULL, 10);
    const char *view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    if (view == NULL) {
        return failed("MapViewOfFile");
    }
    print_line(view);
    return 0;
}

static int event(const wchar_t *name)
{
    if (CreateEventW(NULL, FALSE, FALSE, name) == NULL) {
        return failed("CreateEventW");
    }
    print_line("ready");
    wait_for_a_line();
    return 0;
}

int wmain(int count, wchar_t **words)
{
    if (count == 5 && wcscmp(words[1], L"create") == 0) {
        return create(words[2], words[3], words[4]);
    }
    if (count == 4 && wcscmp(words[1], L"open") == 0) {
        return open(words[2], words[3]);
    }
    if (count == 3 && wcscmp(words[1], L"inherited") == 0) {
        return inherited(words[2]);
    }
    if (count == 3 && wcscmp(words[1], L"event") == 0) {
        return event(words[2]);
    }
    fputs("usage: see the top of win32_peer.c\n", stderr);
    return 2;
}
