select
    program,
    inputs,
    run_date
from {{ source('built', 'build') }}
