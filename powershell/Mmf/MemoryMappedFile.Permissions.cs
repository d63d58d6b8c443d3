using System;
using System.ComponentModel;
using System.IO;
using System.Reflection;
using Real = System.IO.MemoryMappedFiles.MemoryMappedFile;

namespace Mmf;

// Who may use a map: modes and owners on Unix, security descriptors on Windows.
public sealed unsafe partial class MemoryMappedFile
{
    /// <summary>Gets the map's mode and owner; -1 in a field that the system does not have.</summary>
    public UnixPermissions GetPermissions()
    {
        var found = new mmf_permissions_t { struct_size = (uint)sizeof(mmf_permissions_t) };
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_get_permissions(Id, &found, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        return UnixPermissions.From(found.mode, found.uid, found.gid) ?? new UnixPermissions();
    }

    /// <summary>Changes the map's mode and owner.</summary>
    /// <param name="permissions">Fields with the value -1 are not changed.</param>
    public void SetPermissions(UnixPermissions permissions)
    {
        if (permissions == null)
        {
            throw new ArgumentNullException(nameof(permissions));
        }
        mmf_permissions_t native = permissions.ToNative();
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_set_permissions(Id, &native, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    /// <summary>Gets the map's security descriptor in SDDL, on Windows; null if the system has none.</summary>
    public string? GetSecurityDescriptor()
    {
        mmf_text16_t found;
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_get_sddl16(Id, &found, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        return NativeText.Take(found);
    }

    /// <summary>Changes the map's security descriptor, on Windows.</summary>
    /// <param name="sddl">The security descriptor in SDDL.</param>
    public void SetSecurityDescriptor(string sddl)
    {
        mmf_error_t error;
        Status status;
        fixed (char* chars = sddl)
        {
            status = NativeMethods.mmf_map_set_sddl16(Id, chars, NativeText.LengthOf(sddl), &error);
        }
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    /// <summary>
    /// Gets the permissions of the map, in the form of this system: <see cref="UnixPermissions"/> on Unix, SDDL on
    /// Windows, and .NET Framework's own <c>MemoryMappedFileSecurity</c> there.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public object? GetAccessControl()
    {
        if (System.IO.Path.DirectorySeparatorChar != '\\')
        {
            return GetPermissions();
        }
        MethodInfo? ofFramework = typeof(Real).GetMethod(nameof(GetAccessControl), Type.EmptyTypes);
        return ofFramework == null ? GetSecurityDescriptor() : ofFramework.Invoke(this, null);
    }

    /// <summary>Changes the permissions of the map: takes a value that <see cref="GetAccessControl"/> can return.</summary>
    /// <param name="control">The permissions, or SDDL, or .NET Framework's own object.</param>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public void SetAccessControl(object control)
    {
        switch (control)
        {
            case null:
                throw new ArgumentNullException(nameof(control));
            case UnixPermissions permissions:
                SetPermissions(permissions);
                break;
            case string sddl:
                SetSecurityDescriptor(sddl);
                break;
            default:
                MethodInfo? ofFramework = typeof(Real).GetMethod(nameof(SetAccessControl), new[] { control.GetType() });
                if (ofFramework == null)
                {
                    throw new ArgumentException(
                        $"A {control.GetType().Name} cannot set the permissions of a map: give a value that GetAccessControl returns.", nameof(control));
                }
                ofFramework.Invoke(this, new[] { control });
                break;
        }
    }
}
