// The MemoryMappedFile of .NET. It has named maps only on Windows, so on Linux it maps a file in /dev/shm.

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Text;

public static class Dotnet
{
    private const int Kib = 1 << 10, Mib = 1 << 20, Gib = 1 << 30;

    private static string path;
    private static MemoryMappedFile map;
    private static MemoryMappedViewAccessor view;
    private static byte[] buffer;
    private static int block, capacity;
    private static readonly byte[] text = Encoding.UTF8.GetBytes(new string('x', 100) + "\0");
    private static long sink;

    private sealed class Row
    {
        public Action Begin = () => { };
        public Action<long> Work;
        public Action End = () => { };
    }

    private static void Create(long size)
    {
        map = MemoryMappedFile.CreateFromFile(path, FileMode.CreateNew, null, size, MemoryMappedFileAccess.ReadWrite);
        view = map.CreateViewAccessor();
    }

    private static void Remove()
    {
        view.Dispose();
        map.Dispose();
        File.Delete(path);
    }

    private static void Repeat(long times, Action work)
    {
        for (long turn = 0; turn < times; turn++) work();
    }

    private static void Choose(int size)
    {
        block = size;
        capacity = Math.Max(size < Mib ? 16 * size : size, 64 * Kib);
        buffer = new byte[size];
        Create(capacity);
        for (long place = 0; place < capacity; place += block) view.WriteArray(place, buffer, 0, block);
    }

    private static long Place(long turn) => (turn & 15) * block % capacity;

    private static string ReadText()
    {
        using (var reader = new StreamReader(map.CreateViewStream(0, 64 * Kib)))
            return reader.ReadToEnd().TrimEnd('\0');
    }

    private static void WriteText()
    {
        using (var stream = map.CreateViewStream(0, 64 * Kib)) stream.Write(text, 0, text.Length);
    }

    private static Dictionary<string, Row> Rows()
    {
        var rows = new Dictionary<string, Row>
        {
            ["create_close"] = new Row { Work = times => Repeat(times, () => { Create(1024); Remove(); }) },
            ["open_close"] = new Row
            {
                Begin = () => Create(1024),
                Work = times => Repeat(times, () =>
                {
                    using (var opened = MemoryMappedFile.CreateFromFile(path, FileMode.Open))
                    using (var seen = opened.CreateViewAccessor()) sink += seen.Capacity;
                }),
                End = Remove,
            },
            ["view_atomic"] = new Row
            {
                Begin = () => Create(64 * Kib),
                Work = Add,
                End = Remove,
            },
            ["text_replace"] = new Row { Begin = () => Create(64 * Kib), Work = times => Repeat(times, WriteText), End = Remove },
            ["text_read"] = new Row
            {
                Begin = () => { Create(64 * Kib); WriteText(); },
                Work = times => Repeat(times, () => sink += ReadText().Length),
                End = Remove,
            },
        };
        foreach (var (name, size) in new[] { ("64", 64), ("4k", 4 * Kib), ("1m", Mib), ("1g", Gib) })
        {
            rows["read_" + name] = new Row
            {
                Begin = () => Choose(size),
                Work = times => { for (long turn = 0; turn < times; turn++) sink += view.ReadArray(Place(turn), buffer, 0, block); },
                End = () => { Remove(); buffer = null; },
            };
            rows["write_" + name] = new Row
            {
                Begin = () => Choose(size),
                Work = times => { for (long turn = 0; turn < times; turn++) view.WriteArray(Place(turn), buffer, 0, block); },
                End = () => { Remove(); buffer = null; },
            };
        }
        return rows;
    }

    private static unsafe void Add(long times)
    {
        byte* pointer = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref pointer);
        try
        {
            for (long turn = 0; turn < times; turn++) System.Threading.Interlocked.Increment(ref *(long*)pointer);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    public static void Obey(string name)
    {
        path = "/dev/shm/" + name;
        var rows = Rows();
        Row current = null;
        Console.WriteLine(string.Join(" ", rows.Keys));
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            var words = line.Split(' ');
            if (words[0] == "begin")
            {
                current = rows[words[1]];
                current.Begin();
                Console.WriteLine("ok");
            }
            else if (words[0] == "run")
            {
                var clock = Stopwatch.StartNew();
                current.Work(long.Parse(words[1]));
                Console.WriteLine((long)(clock.Elapsed.TotalMilliseconds * 1e6));
            }
            else
            {
                current.End();
                Console.WriteLine("ok");
            }
        }
    }
}
