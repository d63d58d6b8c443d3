namespace Mmf;

/// <summary>Whether others may hold the content lock at the same time: the numbers of <c>mmf_lock_mode_t</c>.</summary>
public enum LockMode
{
    /// <summary>For reading: others may read, too. On Windows nobody else may.</summary>
    Shared = 0,

    /// <summary>For changing: nobody else may read or change the content.</summary>
    Exclusive = 1,
}
