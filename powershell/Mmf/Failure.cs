using System;
using System.Text;

namespace Mmf;

/// <summary>Turns the errors of the library into exceptions.</summary>
internal static class Failure
{
    /// <summary>Throws if the call failed.</summary>
    internal static unsafe void ThrowUnlessOk(Status status, mmf_error_t* error)
    {
        if (status != Status.Ok)
        {
            throw Of(status, error);
        }
    }

    /// <summary>The exception for a status, with the library's own message.</summary>
    internal static unsafe Exception Of(Status status, mmf_error_t* error)
    {
        Exception exception = StatusTable.Create(
            status, Encoding.UTF8.GetString(error->message, checked((int)error->message_length)));
        if (error->os_code != 0)
        {
            exception.Data["os_code"] = error->os_code;
        }
        return exception;
    }
}
