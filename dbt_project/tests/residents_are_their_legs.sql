-- 常住 = 户籍 − 外出 + 流入, in every cell of the last month end; where nothing is registered, nothing is said of residents.
select
    as_of,
    definition_id,
    level,
    division_code
from {{ ref('resident') }}
where
    as_of = {{ last_as_of() }}
    and (persons is distinct from hukou_population - away + here or persons_unknown != away_unknown + here_unknown)
