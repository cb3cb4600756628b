@{
    RootModule           = 'BitsWsman.psm1'
    ModuleVersion        = '1.0.0'
    GUID                 = '6d0f3a1e-6d0b-4b8e-9a55-0a3f5f6f2c71'
    Author               = 'The bitsd authors'
    Copyright            = 'GPL-3.0-or-later'
    Description          = 'The WSMan cmdlets of Windows for PowerShell on Linux and macOS, as scripts for BitsClientJob use them.'
    PowerShellVersion    = '7.3'
    CompatiblePSEditions = @('Core')
    FunctionsToExport    = @(
        'Invoke-WSManAction'
        'Get-WSManInstance'
        'Set-WSManInstance'
        'New-WSManInstance'
        'Remove-WSManInstance'
        'Test-WSMan'
        'New-WSManSessionOption'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
}
