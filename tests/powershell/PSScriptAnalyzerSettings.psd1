@{
    IncludeDefaultRules = $true
    ExcludeRules = @(
        # The names of the commands must stay. New- creates something that lives only as long as its object,
        # and the helper functions change nothing that lasts.
        'PSUseShouldProcessForStateChangingFunctions'
        # These two rules cannot follow script blocks that run later with the variables of their function,
        # nor parameters that process{} uses through $_.
        'PSReviewUnusedParameter'
        'PSUseDeclaredVarsMoreThanAssignments'
    )
    Rules = @{
        PSUseCompatibleSyntax = @{
            Enable = $true
            TargetVersions = @('5.1', '7.0')
        }
    }
}
