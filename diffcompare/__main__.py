"""`python -m diffcompare` is the command line."""

if __name__ == "__main__":
    from diffcompare_cli.main import main

    main()
