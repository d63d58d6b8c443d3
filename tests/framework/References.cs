// Checks that everything that an assembly references exists in the reference assemblies of .NET Framework or of PowerShell.
// A missing member would only fail on a user's machine, at the first call.
// Usage: references.exe ASSEMBLY FOLDER...
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;

internal static class References
{
    // .NET's class lacks this constructor. The compiler requires it, but it is never called.
    private const string NeverCalled = "System.Void System.IO.MemoryMappedFiles.MemoryMappedFile::.ctor()";

    private static int Main(string[] arguments)
    {
        var resolver = new FolderResolver(arguments.Skip(1).Append(Path.GetDirectoryName(Path.GetFullPath(arguments[0]))));
        using (var module = ModuleDefinition.ReadModule(arguments[0], new ReaderParameters { AssemblyResolver = resolver }))
        {
            int count = 0;
            var missing = new List<string>();
            foreach (TypeReference type in module.GetTypeReferences())
            {
                count++;
                if (Find(() => type.Resolve()) == null)
                {
                    missing.Add(type.FullName);
                }
            }
            foreach (MemberReference member in module.GetMemberReferences())
            {
                count++;
                if (member.FullName != NeverCalled && !IsOfArray(member) && Find(() => member.Resolve()) == null)
                {
                    missing.Add(member.FullName);
                }
            }
            missing.ForEach(Console.WriteLine);
            Console.WriteLine($"{count} references, {missing.Count} missing");
            return missing.Count == 0 ? 0 : 1;
        }
    }

    // The runtime provides the members of multidimensional arrays.
    private static bool IsOfArray(MemberReference member) => member.DeclaringType is ArrayType;

    private static object Find(Func<object> look)
    {
        try
        {
            return look();
        }
        catch (AssemblyResolutionException)
        {
            return null;
        }
    }

    // The default resolver would also search the assemblies of the running Mono.
    private sealed class FolderResolver : IAssemblyResolver
    {
        private readonly string[] folders;
        private readonly Dictionary<string, AssemblyDefinition> found = new Dictionary<string, AssemblyDefinition>();

        internal FolderResolver(IEnumerable<string> folders) => this.folders = folders.ToArray();

        public AssemblyDefinition Resolve(AssemblyNameReference name) => Resolve(name, new ReaderParameters());

        public AssemblyDefinition Resolve(AssemblyNameReference name, ReaderParameters parameters)
        {
            if (!found.TryGetValue(name.Name, out AssemblyDefinition assembly))
            {
                string file = folders.Select(folder => Path.Combine(folder, name.Name + ".dll")).FirstOrDefault(File.Exists);
                if (file == null)
                {
                    throw new AssemblyResolutionException(name);
                }
                assembly = AssemblyDefinition.ReadAssembly(file, new ReaderParameters { AssemblyResolver = this });
                found.Add(name.Name, assembly);
            }
            return assembly;
        }

        public void Dispose()
        {
        }
    }
}
