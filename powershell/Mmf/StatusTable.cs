using System;
using System.Collections.Generic;
using System.IO;

namespace Mmf;

/// <summary>The .NET exception and the PowerShell category of each <see cref="Status"/>.</summary>
public static class StatusTable
{
    // The key under which an exception of this library stores its status.
    private const string Key = "mmf_status_t";

    private static readonly Dictionary<Status, StatusRow> ByStatus = new Dictionary<Status, StatusRow>();

    static StatusTable()
    {
        // .NET uses the same HRESULTs for the same failures.
        Add(Status.InvalidArgument, "InvalidArgument", message => new ArgumentException(message));
        Add(Status.OutOfRange, "InvalidArgument", message => new ArgumentOutOfRangeException(null, message));
        Add(Status.NullArgument, "InvalidArgument", message => new ArgumentNullException(null, message));
        Add(Status.InvalidHandle, "InvalidArgument", message => new ArgumentException(message));
        Add(Status.Closed, "InvalidOperation", message => new ObjectDisposedException(null, message));
        Add(Status.InvalidText, "InvalidData", message => new ArgumentException(message));
        Add(Status.NotSupported, "NotImplemented", message => new PlatformNotSupportedException(message));
        Add(Status.WrongAccess, "InvalidOperation", message => new NotSupportedException(message));
        Add(Status.NotFound, "ObjectNotFound", message => new FileNotFoundException(message));
        Add(Status.DirectoryNotFound, "ObjectNotFound", message => new DirectoryNotFoundException(message));
        Add(Status.AlreadyExists, "ResourceExists", Io(0x800700B7));
        Add(Status.PathTooLong, "InvalidArgument", message => new PathTooLongException(message));
        Add(Status.AccessDenied, "PermissionDenied", message => new UnauthorizedAccessException(message));
        Add(Status.ReadOnlyMap, "PermissionDenied", Io(0x80070013));
        Add(Status.SharingViolation, "ResourceBusy", Io(0x80070020));
        Add(Status.Busy, "ResourceBusy", Io(0x800700AA));
        Add(Status.Timeout, "OperationTimeout", message => new TimeoutException(message));
        Add(Status.NotAMap, "InvalidType", Io(0x80070006));
        Add(Status.FileReplaced, "InvalidData", Io(0x800703EE));
        Add(Status.Orphaned, "InvalidData", Io(0x800703EE));
        Add(Status.NotAFile, "InvalidType", message => new NotSupportedException(message));
        Add(Status.NoSpace, "LimitsExceeded", Io(0x80070070));
        Add(Status.TooLong, "LimitsExceeded", message => new NotSupportedException(message));
        Add(Status.TooLarge, "LimitsExceeded", Io(0x80070008));
        Add(Status.Truncated, "ReadError", message => new EndOfStreamException(message));
        Add(Status.FileMapped, "ResourceBusy", Io(0x800704C8));
        Add(Status.Io, "DeviceError", message => new IOException(message));
        Add(Status.Internal, "NotSpecified", message => new InvalidOperationException(message));
    }

    /// <summary>All rows, by their status. <see cref="Status.Ok"/> has none.</summary>
    public static IEnumerable<StatusRow> Rows => ByStatus.Values;

    /// <summary>The row of a status. An unknown number, from a later version, counts as <see cref="Status.Io"/>.</summary>
    /// <param name="status">The status.</param>
    public static StatusRow RowOf(Status status) =>
        ByStatus.TryGetValue(status, out StatusRow? row) ? row : ByStatus[Status.Io];

    /// <summary>The status of an exception: the one it carries, or else the first one with its type.</summary>
    /// <param name="exception">An exception of this library or of .NET.</param>
    public static Status StatusOf(Exception exception)
    {
        if (exception == null)
        {
            throw new ArgumentNullException(nameof(exception));
        }
        if (exception.Data[Key] is int number)
        {
            return (Status)number;
        }
        foreach (StatusRow row in Rows)
        {
            if (row.ExceptionType == exception.GetType())
            {
                return row.Status;
            }
        }
        return Status.Io;
    }

    /// <summary>The exception for a status.</summary>
    /// <param name="status">The status.</param>
    /// <param name="message">The message: what was asked, what is wrong, and what to do.</param>
    public static Exception Create(Status status, string message)
    {
        Exception exception = RowOf(status).Make(message);
        exception.Data[Key] = (int)status;
        return exception;
    }

    private static Func<string, IOException> Io(uint hresult) =>
        message => new IOException(message, unchecked((int)hresult));

    private static void Add<T>(Status status, string category, Func<string, T> make)
        where T : Exception =>
        ByStatus.Add(status, new StatusRow(status, typeof(T), category, make));
}
