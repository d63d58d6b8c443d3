@{
    IncludeDefaultRules = $true
    ExcludeRules = @(
        # The six commands keep the names that the world knows them by; New- makes something that
        # only its object keeps alive, and the helpers beside it change nothing that lasts.
        'PSUseShouldProcessForStateChangingFunctions'
        # Script blocks that run later, with the variables of the function around them, and
        # parameters that process{} uses through $_, are beyond what these two rules can follow.
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
