namespace Mmf;

/// <summary>Whether others can hold the content lock at the same time: the numbers of <c>mmf_lock_mode_t</c>.</summary>
public enum LockMode
{
    /// <summary>For reading: others can read at the same time. On Windows they cannot.</summary>
    Shared = 0,

    /// <summary>For changing: no other caller can read or change the content.</summary>
    Exclusive = 1,
}
