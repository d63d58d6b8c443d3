// Looks up everything that assemblies reference in the reference assemblies of .NET Framework, and in those of
// PowerShell: what is not found there would fail on a user's machine, at the first call and not before.
// Usage: references.exe ASSEMBLY FOLDER...
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Cecil;

internal static class References
{
    // The constructor that .NET's class does not have. The compiler needs it, and it is never called.
    private const string NeverCalled = "System.Void System.IO.MemoryMappedFiles.MemoryMappedFile::.ctor()";

    private static int Main(string[] arguments)
    {
        var resolver = new OnlyIn(arguments.Skip(1).Append(Path.GetDirectoryName(Path.GetFullPath(arguments[0]))));
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

    // The runtime itself makes the members of arrays of several dimensions.
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

    // Cecil would also look into the assemblies of the Mono that runs this.
    private sealed class OnlyIn : IAssemblyResolver
    {
        private readonly string[] folders;
        private readonly Dictionary<string, AssemblyDefinition> found = new Dictionary<string, AssemblyDefinition>();

        internal OnlyIn(IEnumerable<string> folders) => this.folders = folders.ToArray();

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
