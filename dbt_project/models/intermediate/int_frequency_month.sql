select
    {{ month_number('min(as_of)') }} as first_month,
    {{ month_number('max(as_of)') }} as last_month,
    max(as_of) as last_day,
    -- what was over by then is in the twelve months to none of the month ends
    last_day({{ date_plus('min(as_of)', '-12') }}) as forgotten_day
from {{ ref('int_counting_month') }}
