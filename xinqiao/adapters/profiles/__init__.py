"""Profiles that come with the package (随附平台配置), one TOML file each."""
