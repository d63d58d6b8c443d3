// Tests the .NET library on Mono, where its base class comes from System.Core. Every test prints a line; a failed one also
// prints the exception.
// Usage: life.exe PREFIX, where PREFIX begins the names of maps. The assemblies of the cmdlets and of PowerShell are beside it.
using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using Mmf;
using Map = Mmf.MemoryMappedFile;
using Real = System.IO.MemoryMappedFiles.MemoryMappedFile;

internal static class Life
{
    private static string prefix;
    private static int failures;

    private static int Main(string[] arguments)
    {
        prefix = arguments[0];
        Test("both assemblies and all of their types load", Load);
        Test("the base class is that of System.Core", Derive);
        Test("a map is created, opened by its name, and gone with its last handle", CreateAndOpen);
        Test("text is replaced, appended and read, including text beyond ASCII", WriteText);
        Test("bytes are written and read", WriteBytes);
        Test("views share the memory of the map", View);
        Test("a file is mapped, and saved", MapFile);
        Test("the lock keeps others out until it is disposed", Lock);
        Test("a watch and the event Changed report changes, and end with the map", ReportChanges);
        Test("errors are exceptions of the table", Fail);
        Test("disposing twice is allowed, and a disposed map throws ObjectDisposedException", Dispose);
        Test("the finalizer releases unreferenced maps", ReleaseUnreferenced);
        Test("two threads append without losing a line, and one may dispose a map that another uses", UseThreads);
        return failures;
    }

    private static void Load()
    {
        foreach (string name in new[] { "Mmf", "Mmf.PowerShell" })
        {
            Type[] types = Assembly.Load(name).GetTypes();
            Check(types.Length > 10, $"{name} has {types.Length} types");
            foreach (MethodInfo method in types.SelectMany(type => type.GetMethods()))
            {
                // GetParameters loads the type of each parameter.
                method.GetParameters();
            }
        }
    }

    private static void Derive()
    {
        Same("System.Core", typeof(Map).BaseType.Assembly.GetName().Name);
        Check(typeof(Map).IsSubclassOf(typeof(Real)), "Map has another base class");
    }

    private static void CreateAndOpen()
    {
        string name = prefix + "open";
        using (Map map = Map.CreateNew(name, 1024))
        {
            Same(1024L, map.Capacity);
            Same(name, map.Name);
            using (Map other = Map.OpenExisting(name))
            {
                map.ReplaceText("seen");
                Same("seen", other.ReadText());
            }
            Check(Map.GetMaps().Any(entry => entry.Name == name), "the map is not in the list");
        }
        Throws<FileNotFoundException>(() => Map.OpenExisting(name));
    }

    private static void WriteText()
    {
        using (Map map = Map.CreateNew(null, 1024))
        {
            map.ReplaceText("Grüße, 你好, 🐧");
            map.AppendText("second");
            Same("Grüße, 你好, 🐧\r\nsecond", map.ReadText());
            map.ReplaceText("");
            Same("", map.ReadText());
        }
    }

    private static void WriteBytes()
    {
        using (Map map = Map.CreateNew(null, 64))
        {
            map.Write(8, new byte[] { 1, 2, 3 }, 1, 2);
            var bytes = new byte[4];
            map.Read(7, bytes, 0, 4);
            Check(bytes.SequenceEqual(new byte[] { 0, 2, 3, 0 }), string.Join(" ", bytes));
        }
    }

    private static void View()
    {
        // Mono cannot create views from a descriptor, so this view comes from the library.
        using (Map map = Map.CreateNew(prefix + "view", 4096))
        using (UnmanagedMemoryAccessor view = map.CreateViewAccessor(0, 16))
        {
            view.Write(0, (byte)'A');
            Same("A", map.ReadText());
        }
    }

    private static void MapFile()
    {
        string file = Path.GetTempFileName();
        string saved = file + ".saved";
        try
        {
            File.WriteAllText(file, "in a file");
            using (Map map = Map.CreateFromFile(file))
            {
                Same("in a file", map.ReadText());
                map.Save(saved);
                map.Write(0, new[] { (byte)'I' }, 0, 1);
            }
            Check(File.ReadAllText(saved).StartsWith("in a file"), File.ReadAllText(saved));
            Same("In a file", File.ReadAllText(file));
        }
        finally
        {
            File.Delete(file);
            File.Delete(saved);
        }
    }

    private static void Lock()
    {
        string name = prefix + "lock";
        using (Map map = Map.CreateNew(name, 1024))
        using (Map other = Map.OpenExisting(name))
        {
            using (map.Lock())
            {
                Throws<TimeoutException>(() => other.Lock(TimeSpan.Zero));
            }
            other.Lock(TimeSpan.Zero).Dispose();
        }
    }

    private static void ReportChanges()
    {
        string name = prefix + "watch";
        using (Map map = Map.CreateNew(name, 1024))
        using (Map other = Map.OpenExisting(name))
        using (Watch watch = map.Watch())
        {
            Same(WatchEvent.TimedOut, watch.Wait(TimeSpan.Zero));
            other.ReplaceText("changed");
            Same(WatchEvent.Changed, watch.Wait(TimeSpan.Zero));
            Task<WatchEvent> wait = watch.WaitAsync();
            other.AppendText("changed");
            Same(WatchEvent.Changed, wait.Result);
            Same(WatchEvent.TimedOut, watch.WaitAsync(TimeSpan.FromMilliseconds(1)).Result);

            var changed = new ManualResetEventSlim();
            map.Changed += (sender, change) => changed.Set();
            other.AppendText("changed");
            changed.Wait();
            Same(WatchEvent.Changed, watch.Wait(TimeSpan.Zero));

            wait = watch.WaitAsync();
            map.Dispose();
            Same(WatchEvent.Closed, wait.Result);
            Throws<ObjectDisposedException>(() => watch.Wait(TimeSpan.Zero));
        }
    }

    private static void Fail()
    {
        string name = prefix + "fail";
        using (Map map = Map.CreateNew(name, 16))
        {
            var exists = Throws<IOException>(() => Map.CreateNew(name, 16));
            Same(unchecked((int)0x800700B7), exists.HResult);
            Throws<NotSupportedException>(() => map.ReplaceText(new string('x', 5000)));
            Throws<ArgumentNullException>(() => map.ReplaceText(null));
        }
        Throws<ArgumentOutOfRangeException>(() => Map.CreateNew(name, 0));
        Throws<FileNotFoundException>(() => Map.CreateFromFile(Path.Combine(Path.GetTempPath(), name)));
    }

    private static void Dispose()
    {
        Map map = Map.CreateNew(prefix + "dispose", 64);
        map.Dispose();
        map.Dispose();
        Check(map.IsDisposed, "IsDisposed is false");
        Throws<ObjectDisposedException>(() => map.ReadText());
        Throws<ObjectDisposedException>(() => map.Lock());
        Throws<ObjectDisposedException>(() => map.CreateViewStream());
    }

    private static void ReleaseUnreferenced()
    {
        string name = prefix + "forget";
        // Uses a separate thread, because Mono scans stacks conservatively and could find an old reference on this one.
        var thread = new Thread(() => Map.CreateNew(name, 64));
        thread.Start();
        thread.Join();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Throws<FileNotFoundException>(() => Map.OpenExisting(name));
    }

    private static void UseThreads()
    {
        using (Map map = Map.CreateNew(null, 65536))
        {
            Thread[] threads = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                for (int line = 0; line < 200; line++)
                {
                    map.AppendText("line");
                }
            })).ToArray();
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
            Same(400 * 6 - 2, map.ReadText().Length);
        }
        for (int round = 0; round < 50; round++)
        {
            Map map = Map.CreateNew(null, 4096);
            Exception caught = null;
            var begun = new ManualResetEventSlim();
            var thread = new Thread(() =>
            {
                try
                {
                    while (true)
                    {
                        map.ReplaceText("x");
                        begun.Set();
                    }
                }
                catch (Exception failure)
                {
                    caught = failure;
                    begun.Set();
                }
            });
            thread.Start();
            begun.Wait();
            map.Dispose();
            thread.Join();
            Check(caught is ObjectDisposedException, $"{caught}");
        }
    }

    private static void Test(string what, Action work)
    {
        try
        {
            work();
            Console.WriteLine($"ok {what}");
        }
        catch (Exception failure)
        {
            failures++;
            Console.WriteLine($"FAILED {what}");
            Console.WriteLine(failure);
            if (failure is ReflectionTypeLoadException types)
            {
                Array.ForEach(types.LoaderExceptions, Console.WriteLine);
            }
        }
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    private static void Same<T>(T wanted, T found) => Check(Equals(wanted, found), $"'{found}' instead of '{wanted}'");

    // The exception must have exactly this type, because the table distinguishes derived types.
    private static T Throws<T>(Action work)
        where T : Exception
    {
        try
        {
            work();
        }
        catch (Exception failure) when (failure.GetType() == typeof(T))
        {
            return (T)failure;
        }
        throw new InvalidOperationException($"no {typeof(T).Name} was thrown");
    }
}
