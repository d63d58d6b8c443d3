// The .NET library on a runtime that is not .NET Core, where its base class is one of System.Core: every test prints
// a line, and what fails says why.
// Usage: life.exe PREFIX, where PREFIX begins the names of maps. The cmdlets' assembly and PowerShell's own lie beside it.
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
        Test("both assemblies load, and each of their types", Load);
        Test("the base class is that of System.Core", Derive);
        Test("a map is created, opened by its name, and gone with its last handle", CreateAndOpen);
        Test("text is replaced, appended and read, also beyond ASCII", WriteText);
        Test("bytes are written and read", WriteBytes);
        Test("views are over the same memory", View);
        Test("a file is mapped, and saved", MapFile);
        Test("the lock keeps others out until it is disposed", Lock);
        Test("a watch and the event Changed tell of what is written, and end with the map", TellOfChanges);
        Test("what fails is an exception of the table", Fail);
        Test("disposing twice is fine, and using a map after that is an ObjectDisposedException", Dispose);
        Test("what is forgotten is released by the finalizer", Forget);
        Test("two threads append without losing a line, and one may dispose what another uses", UseThreads);
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
                // Which asks for the type of each parameter.
                method.GetParameters();
            }
        }
    }

    private static void Derive()
    {
        Same("System.Core", typeof(Map).BaseType.Assembly.GetName().Name);
        Check(typeof(Map).IsSubclassOf(typeof(Real)), "another base class");
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
            Check(Map.GetMaps().Any(entry => entry.Name == name), "the list does not have it");
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
        // Mono's own views cannot be made of a descriptor, so these are the library's.
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

    private static void TellOfChanges()
    {
        string name = prefix + "watch";
        using (Map map = Map.CreateNew(name, 1024))
        using (Map other = Map.OpenExisting(name))
        using (Watch watch = map.Watch())
        {
            Same(WatchEvent.TimedOut, watch.Wait(TimeSpan.Zero));
            other.ReplaceText("told");
            Same(WatchEvent.Changed, watch.Wait(TimeSpan.Zero));
            Task<WatchEvent> wait = watch.WaitAsync();
            other.AppendText("told");
            Same(WatchEvent.Changed, wait.Result);
            Same(WatchEvent.TimedOut, watch.WaitAsync(TimeSpan.FromMilliseconds(1)).Result);

            var told = new ManualResetEventSlim();
            map.Changed += (sender, change) => told.Set();
            other.AppendText("told");
            told.Wait();
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
        Check(map.IsDisposed, "it does not know");
        Throws<ObjectDisposedException>(() => map.ReadText());
        Throws<ObjectDisposedException>(() => map.Lock());
        Throws<ObjectDisposedException>(() => map.CreateViewStream());
    }

    private static void Forget()
    {
        string name = prefix + "forget";
        // On a thread of its own, whose stack is gone afterwards: Mono looks for references there by guessing.
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
            Exception met = null;
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
                    met = failure;
                    begun.Set();
                }
            });
            thread.Start();
            begun.Wait();
            map.Dispose();
            thread.Join();
            Check(met is ObjectDisposedException, $"{met}");
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

    // Exactly of this type: a derived one is another row of the table.
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
        throw new InvalidOperationException($"no {typeof(T).Name}");
    }
}
